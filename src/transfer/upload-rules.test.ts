import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { MAX_RULES, REFUSE_MS, UploadRules } from './upload-rules.ts'
import { type SlotState, UploadSlots } from './upload-slots.ts'

function setup(slots = 1) {
  const clock = new ManualClock()
  const rules = new UploadRules(clock)
  const all = new UploadSlots({ slots, slotsPerPeer: 1, maxQueued: 2, maxQueuedPerPeer: 2 }, rules)
  const told: Record<string, SlotState[]> = {}
  const enter = (peerId: string) => {
    told[peerId] ??= []
    return all.enter({ peerId, cid: 'c' }, (state) => told[peerId]!.push(state))
  }
  return { clock, rules, slots: all, told, enter }
}
const stateOf = ({ state }: { state: SlotState }) => (state.kind === 'waiting' ? state.position : state.kind)

test('a refusal ends by itself, a pause does not', async () => {
  const { clock, rules } = setup()
  rules.pause('a')
  rules.refuse('b')
  assert.deepEqual(rules.list(), [
    { peerId: 'a', state: 'paused' },
    { peerId: 'b', state: 'refused', leftMs: REFUSE_MS },
  ])
  assert.match(rules.refusalOf('b')!.message, /next 10 min/)
  await clock.advance(REFUSE_MS)
  assert.deepEqual(rules.list(), [{ peerId: 'a', state: 'paused' }])
  assert.equal(rules.refusalOf('b'), undefined)
  rules.lift('a')
  assert.deepEqual(rules.list(), [])
})

test('so many peers and no more, and those whose time is over do not count', async () => {
  const { clock, rules } = setup()
  for (let i = 0; i < MAX_RULES; i++) rules.refuse(`p${i}`)
  assert.throws(() => rules.pause('one more'), { code: 'CONFLICT' })
  rules.pause('p7')
  await clock.advance(REFUSE_MS)
  rules.pause('one more')
  assert.equal(rules.list().length, 2)
})

test('who is paused gives up its slot, waits behind all others, and has its place again when it is resumed', async () => {
  const { rules, slots, told, enter } = setup()
  const [a, b, c] = [enter('a'), enter('b'), enter('c')]
  assert.deepEqual([a, b, c].map(stateOf), ['active', 1, 2])
  rules.pause('a')
  assert.deepEqual([a, b, c].map(stateOf), [2, 'active', 1])
  assert.deepEqual(told.a!.at(-1), { kind: 'waiting', position: 2 })
  rules.pause('b')
  assert.deepEqual([a, b, c].map(stateOf), [1, 2, 'active'])
  c.leave()
  assert.deepEqual([a, b].map(stateOf), [1, 2], 'the slot stays free')
  assert.deepEqual(
    slots.snapshot().queued.map(({ peerId }) => peerId),
    ['a', 'b'],
  )
  rules.lift('b')
  rules.lift('a')
  assert.deepEqual([a, b].map(stateOf), [1, 'active'])
  assert.equal(b.rotate(0), true)
  assert.deepEqual([a, b].map(stateOf), ['active', 1])
})

test('those who are paused take no place of others in the queue, and make nobody rotate', async () => {
  const { rules, enter } = setup()
  const a = enter('a')
  for (const peer of ['x', 'y']) {
    rules.pause(peer)
    enter(peer)
    enter(peer)
    assert.throws(() => enter(peer), { code: 'BUSY' }, 'its own bound holds')
  }
  a.sent(10)
  assert.deepEqual([a.rotate(10), a.yieldIdle()], [false, false])
  assert.equal(stateOf(enter('b')), 1)
})

test('who is refused loses what it has, and gets nothing new until its time is over', async () => {
  const { clock, rules, slots, told, enter } = setup()
  const [a, b] = [enter('a'), enter('b')]
  rules.refuse('a')
  assert.equal(told.a!.at(-1)!.kind, 'refused')
  assert.deepEqual([stateOf(a), stateOf(b)], ['refused', 'active'])
  assert.throws(() => enter('a'), { code: 'PERMISSION_DENIED', message: /next 10 min/ })
  assert.equal(slots.hasPeer('a'), false)
  a.leave()
  await clock.advance(REFUSE_MS)
  assert.equal(stateOf(enter('a')), 1)
})
