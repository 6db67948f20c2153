import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PublishPlan } from './plan.ts'

const HOUR_MS = 3_600_000
const OPTIONS = { republishMs: 22 * HOUR_MS, retryMs: 1_000, maxKeys: 100, keepShare: 0.6, phase: 0.3 }
const told = (...digests: string[]) => digests.map((digest) => ({ digest, holders: ['a', 'b'] }))

test('a new key is due at once, then again between half and one and a half periods, then each period', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(100 * HOUR_MS), (place, startMs) => {
      const plan = new PublishPlan(OPTIONS)
      plan.add('key', place, startMs)
      assert.deepEqual(plan.due(startMs, 9), ['key'])
      plan.told(told('key'), startMs, 2)
      const { anyMs: first, urgentMs } = plan.nextDue()
      assert.equal(urgentMs, Number.POSITIVE_INFINITY)
      assert.ok(first >= startMs + 11 * HOUR_MS && first <= startMs + 33 * HOUR_MS + 1, `${first - startMs}`)
      assert.deepEqual(plan.due(first - 1, 9), [])
      // Told a little late, as turns are.
      plan.told(told('key'), first + HOUR_MS / 4, 2)
      assert.ok(Math.abs(plan.nextDue().anyMs - first - 22 * HOUR_MS) < 2)
    }),
  )
})

test('what lies side by side is due side by side', () => {
  const plan = new PublishPlan(OPTIONS)
  for (const [i, place] of [0.9, 0.1, 0.5, 0.11, 0.51].entries()) plan.add(`${i}`, place, 0)
  assert.deepEqual(plan.due(0, 2), ['1', '3'])
  assert.deepEqual(plan.due(0, 9), ['1', '3', '2', '4', '0'])
})

test('what nobody took is tried again after waits that double, and at once when somebody comes', () => {
  const plan = new PublishPlan(OPTIONS)
  plan.add('key', 0.5, 0)
  const waits: number[] = []
  let now = 0
  for (let i = 0; i < 7; i++) {
    plan.told([{ digest: 'key', holders: [] }], now, 1)
    waits.push(plan.nextDue().urgentMs - now)
    now = plan.nextDue().urgentMs
  }
  assert.deepEqual(
    waits,
    [1, 2, 4, 8, 16, 16, 16].map((s) => s * 1_000),
  )
  plan.told([{ digest: 'key', holders: [] }], now, 1)
  plan.retry(now + 1)
  assert.deepEqual(plan.due(now + 1, 9), ['key'])
  assert.equal(plan.untold, 1)
})

test('too few holders are some, but it is tried again until there are enough, all together', () => {
  const plan = new PublishPlan(OPTIONS)
  plan.add('key', 0.5, 0)
  plan.told([{ digest: 'key', holders: ['a', 'b'] }], 0, 4)
  assert.equal(plan.untold, 0)
  assert.equal(plan.nextDue().urgentMs, 1_000)
  plan.told([{ digest: 'key', holders: ['b', 'c'] }], 1_000, 4)
  assert.equal(plan.nextDue().urgentMs, 3_000)
  plan.told([{ digest: 'key', holders: ['d'] }], 3_000, 4)
  assert.equal(plan.nextDue().urgentMs, Number.POSITIVE_INFINITY)
  assert.ok(!plan.check('key', ['a', 'b', 'c', 'd'], 4_000))
})

test('a key is told again when too few of those now nearest have it', () => {
  const rows: [nearest: string[], isAgain: boolean][] = [
    [['a', 'b', 'c', 'd'], false],
    [['a', 'b', 'c', 'x', 'y'], false],
    [['a', 'b', 'x', 'y'], true],
    [['a'], false],
    [['x'], true],
    [[], false],
  ]
  for (const [nearest, isAgain] of rows) {
    const plan = new PublishPlan(OPTIONS)
    plan.add('key', 0.5, 0)
    plan.told([{ digest: 'key', holders: ['a', 'b', 'c', 'd'] }], 0, 4)
    assert.equal(plan.check('key', nearest, 5), isAgain, nearest.join())
    assert.deepEqual(plan.due(5, 9), isAgain ? ['key'] : [])
  }
})

test('no more keys than there is room for; one that is dropped makes room, and is not told any more', () => {
  const plan = new PublishPlan({ ...OPTIONS, maxKeys: 2 })
  assert.deepEqual(
    ['a', 'b', 'b', 'c'].map((digest) => plan.add(digest, 0.5, 0)),
    [true, true, false, false],
  )
  assert.equal(plan.leftOut, 1)
  plan.drop('a')
  assert.ok(plan.add('c', 0.5, 0))
  assert.deepEqual(plan.due(0, 9).sort(), ['b', 'c'])
  plan.told(told('a'), 0, 2)
  assert.equal(plan.size, 2)
})
