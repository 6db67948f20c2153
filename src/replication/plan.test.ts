import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type HolderFacts, type PlanFacts, planSet, type SetPlan } from './plan.ts'

const NOW = 1_000_000
const holder = (peerId: string, facts: Partial<HolderFacts> = {}): HolderFacts => ({
  ...{ peerId, isGone: false, isSilent: false, status: 'kept', leaseExpiresMs: NOW + 1000, addedMs: 0 },
  ...facts,
})
const facts = (holders: HolderFacts[], more: Partial<PlanFacts> = {}): PlanFacts => ({
  ...{ owner: 'o', isOwnerSilent: false, cid: 'c', wanted: 2, nowMs: NOW, fetchPatienceMs: 100 },
  ...{ holders, ...more },
})

const cases: [what: string, facts: PlanFacts, plan: Partial<SetPlan>][] = [
  ['nobody yet', facts([]), { coordinator: 'o', missing: 2, live: [] }],
  ['all there', facts([holder('a'), holder('b')]), { missing: 0, live: ['a', 'b'], release: [], forget: [] }],
  [
    'a holder is gone',
    facts([holder('a'), holder('b', { isGone: true, isSilent: true })]),
    { missing: 1, live: ['a'], forget: [] },
  ],
  [
    'it has been replaced',
    facts([holder('a'), holder('b', { isGone: true, isSilent: true }), holder('c')]),
    { missing: 0, forget: ['b'] },
  ],
  [
    'somebody fetches',
    facts([holder('a'), holder('b', { status: 'fetching', leaseExpiresMs: undefined, addedMs: NOW })]),
    { missing: 0, pending: ['b'] },
  ],
  [
    'nothing heard yet of who was asked just now',
    facts([holder('a', { status: undefined, leaseExpiresMs: undefined, addedMs: NOW - 99 })]),
    { missing: 1, pending: ['a'] },
  ],
  [
    'it fetches and gets no further',
    facts([holder('a', { status: 'fetching', leaseExpiresMs: undefined, addedMs: NOW - 101 })]),
    { missing: 2, forget: ['a'] },
  ],
  [
    'it fetches slowly',
    facts([holder('a', { status: 'fetching', leaseExpiresMs: undefined, addedMs: 0, advancedMs: NOW - 5 })]),
    { missing: 1, pending: ['a'] },
  ],
  [
    'it has signed, and nothing was heard of it since the start',
    facts([holder('a', { status: undefined })]),
    { live: ['a'], missing: 1 },
  ],
  [
    'its lease is over',
    facts([holder('a', { leaseExpiresMs: NOW })]),
    { live: [], forget: ['a'], missing: 2 },
  ],
  ['it says that it has none', facts([holder('a', { status: 'none' })]), { forget: ['a'], missing: 2 }],
  ['it could not prove it', facts([holder('a', { hasFailed: true })]), { forget: ['a'], missing: 2 }],
  ['it leaves', facts([holder('a'), holder('b', { status: 'leaving' })]), { missing: 1, release: [] }],
  [
    'it leaves, and is replaced',
    facts([holder('a'), holder('b', { status: 'leaving' }), holder('c')]),
    { missing: 0, release: ['b'] },
  ],
  [
    'too many: the last one goes',
    facts([holder('a', { addedMs: 1 }), holder('b', { addedMs: 3 }), holder('c', { addedMs: 2 })]),
    { release: ['b'] },
  ],
  [
    'enough, and somebody still fetches',
    facts([
      holder('a'),
      holder('b'),
      holder('c', { status: 'fetching', leaseExpiresMs: undefined, addedMs: NOW }),
    ]),
    { release: ['c'] },
  ],
  [
    'the order has ended: all are told, and stay until they have nothing',
    facts([holder('a'), holder('b', { isGone: true, isSilent: true }), holder('c', { status: 'none' })], {
      wanted: 0,
    }),
    { missing: 0, release: [], forget: ['c'] },
  ],
  [
    'the owner is gone, and everybody else',
    facts([holder('a', { isGone: true, isSilent: true })], { isOwnerSilent: true }),
    { coordinator: undefined },
  ],
  [
    'who is silent still counts, and looks after nothing',
    facts([holder('a', { isSilent: true }), holder('b')], { isOwnerSilent: true }),
    { coordinator: 'b', live: ['a', 'b'], missing: 0 },
  ],
  [
    'the owner is gone, and who is left leaves',
    facts([holder('a', { status: 'leaving' })], { isOwnerSilent: true }),
    { coordinator: 'a', missing: 2 },
  ],
]

for (const [what, given, expected] of cases) {
  test(`a set: ${what}`, () => {
    const plan = planSet(given)
    for (const [key, value] of Object.entries(expected))
      assert.deepEqual(plan[key as keyof SetPlan], value, key)
  })
}

const anyHolders = fc.uniqueArray(
  fc.record({
    peerId: fc.constantFrom(...'abcdefgh'),
    isGone: fc.boolean(),
    isSilent: fc.boolean(),
    status: fc.constantFrom(
      undefined,
      'none' as const,
      'fetching' as const,
      'kept' as const,
      'leaving' as const,
    ),
    leaseExpiresMs: fc.constantFrom(undefined, NOW - 1, NOW + 1),
    addedMs: fc.integer({ min: NOW - 200, max: NOW }),
    hasFailed: fc.boolean(),
  }),
  { selector: ({ peerId }) => peerId },
)

test('whoever knows the same decides the same, and one looks after a set', () => {
  fc.assert(
    fc.property(
      anyHolders,
      fc.boolean(),
      fc.integer({ min: 0, max: 5 }),
      (holders, isOwnerSilent, wanted) => {
        const one = planSet(facts(holders, { isOwnerSilent, wanted }))
        const other = planSet(facts(holders.toReversed(), { isOwnerSilent, wanted }))
        assert.equal(one.coordinator, other.coordinator)
        if (one.coordinator !== undefined && isOwnerSilent)
          assert.ok(holders.some(({ peerId }) => peerId === one.coordinator))
      },
    ),
  )
})

test('nothing is let go of that is needed, and nothing is made that is on its way', () => {
  fc.assert(
    fc.property(anyHolders, fc.integer({ min: 1, max: 5 }), (holders, wanted) => {
      const { live, pending, missing, release, forget } = planSet(facts(holders, { wanted }))
      const staying = live.filter((peerId) => !release.includes(peerId) && !forget.includes(peerId))
      assert.ok(staying.length >= Math.min(wanted, live.length))
      assert.ok(staying.length <= wanted)
      assert.equal(missing, Math.max(0, wanted - live.length - pending.length))
      if (missing > 0) assert.deepEqual(release, [])
    }),
  )
})

test('sets are spread over those who could look after them', () => {
  const holders = ['a', 'b', 'c'].map((id) => holder(id))
  const counts = new Map<string | undefined, number>()
  for (let i = 0; i < 300; i++) {
    const { coordinator } = planSet(facts(holders, { isOwnerSilent: true, cid: `${i}` }))
    counts.set(coordinator, (counts.get(coordinator) ?? 0) + 1)
  }
  assert.equal(counts.size, 3)
  for (const count of counts.values()) assert.ok(count > 60, `${count} of 300`)
})
