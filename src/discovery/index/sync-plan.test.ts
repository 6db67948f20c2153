import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isTrackedAtLogin, nextSyncStep, type SyncStep, type SyncView } from './sync-plan.ts'

const times = { settleMs: 1000, checkMs: 5000, repairMs: 60_000 }
/** All told, all quiet. */
const rest: SyncView = {
  ...{ isTracked: true, pending: 0, held: 'r1', revision: 'r1', announcedRevision: 'r1' },
  ...{ quietMs: 99_000, sinceFullMs: 99_000 },
}

const cases: [when: string, view: Partial<SyncView>, step: SyncStep][] = [
  ['all is told', {}, { kind: 'wait', ms: 5000 }],
  ['nothing is known', { isTracked: false, pending: 3 }, { kind: 'everything' }],
  ['changes wait', { pending: 3 }, { kind: 'changes' }],
  ['changes were told a moment ago', { held: '~x', quietMs: 300 }, { kind: 'wait', ms: 700 }],
  ['changes were told and it is quiet', { held: '~x' }, { kind: 'revision' }],
  ['a failure left the state unsure', { held: undefined }, { kind: 'revision' }],
  [
    'the source moved a moment ago, the announcement may be on its way',
    { revision: 'r2', quietMs: 0 },
    { kind: 'wait', ms: 1000 },
  ],
  ['the source moved and announced nothing', { revision: 'r2' }, { kind: 'everything' }],
  [
    'the source moves without announcing, again and again',
    { revision: 'r2', sinceFullMs: 10_000 },
    { kind: 'wait', ms: 50_000 },
  ],
]

for (const [when, view, step] of cases) {
  test(`${when}: ${step.kind}`, () => {
    assert.deepEqual(nextSyncStep({ ...rest, ...view }, times), step)
  })
}

test('a login needs only the changes when the server holds a state that is known', () => {
  const view = { serverRevision: 'r1', revision: 'r9', known: new Set<string>(), isOverflown: false }
  assert.equal(isTrackedAtLogin(view), false)
  assert.equal(isTrackedAtLogin({ ...view, revision: 'r1' }), true)
  assert.equal(isTrackedAtLogin({ ...view, known: new Set(['r0', 'r1']) }), true)
  assert.equal(isTrackedAtLogin({ ...view, known: new Set(['r1']), isOverflown: true }), false)
  assert.equal(isTrackedAtLogin({ ...view, serverRevision: '', revision: '' }), false)
})
