import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '../../base/random.ts'
import { MAX_BACKOFF_MS, nextTurn, SPREAD, turnAtMs, type WishPace, type WishTurn } from './plan.ts'

const NOW = 1_000_000
const turnOf = (id: string, triedMs?: number, more: Partial<WishTurn> = {}): WishTurn => ({
  ...{ id, triedMs, failures: 0, jitter: 0 },
  ...more,
})
const paceOf = (more: Partial<WishPace> = {}): WishPace => ({
  ...{ intervalMs: 600_000, gapMs: 10_000, lastMs: undefined, earliestMs: 0 },
  ...more,
})

test('whose turn it is, and when', () => {
  const table: [string, WishTurn[], Partial<WishPace>, ReturnType<typeof nextTurn>][] = [
    ['nothing to do', [], {}, undefined],
    ['a new one goes at once', [turnOf('a')], {}, { id: 'a', atMs: NOW }],
    ['not right after the start', [turnOf('a')], { earliestMs: NOW + 5 }, { id: 'a', atMs: NOW + 5 }],
    ['nor right after another', [turnOf('a')], { lastMs: NOW - 1 }, { id: 'a', atMs: NOW + 9999 }],
    ['once an interval', [turnOf('a', NOW - 1000)], {}, { id: 'a', atMs: NOW + 599_000 }],
    [
      'a little later by its jitter',
      [turnOf('a', NOW, { jitter: 0.5 })],
      {},
      { id: 'a', atMs: NOW + 630_000 },
    ],
    ['one that is late goes now', [turnOf('a', 1)], { intervalMs: 1000 }, { id: 'a', atMs: NOW }],
    ['the latest one first', [turnOf('a', 7), turnOf('b', 5)], { intervalMs: 1 }, { id: 'b', atMs: NOW }],
    ['new ones before late ones', [turnOf('a', 5), turnOf('b')], { intervalMs: 1 }, { id: 'b', atMs: NOW }],
    [
      'the first failure costs nothing',
      [turnOf('a', NOW, { failures: 1 })],
      {},
      { id: 'a', atMs: NOW + 600_000 },
    ],
    [
      'further ones double the wait',
      [turnOf('a', NOW, { failures: 3 })],
      {},
      { id: 'a', atMs: NOW + 2_400_000 },
    ],
    ['up to an hour', [turnOf('a', NOW, { failures: 99 })], {}, { id: 'a', atMs: NOW + MAX_BACKOFF_MS }],
    [
      'or the interval',
      [turnOf('a', NOW, { failures: 9 })],
      { intervalMs: 2 * MAX_BACKOFF_MS },
      { id: 'a', atMs: NOW + 2 * MAX_BACKOFF_MS },
    ],
    ['a clock that was put back', [turnOf('a', NOW + 9e9)], { lastMs: NOW + 9e9 }, { id: 'a', atMs: NOW }],
  ]
  for (const [what, turns, pace, expected] of table)
    assert.deepEqual(nextTurn(turns, paceOf(pace), NOW), expected, what)
})

const anyTurns = fc.uniqueArray(
  fc.record({
    id: fc.string({ minLength: 1, maxLength: 3 }),
    triedMs: fc.option(fc.integer({ min: 0, max: 2 * NOW }), { nil: undefined }),
    failures: fc.nat(40),
    jitter: fc.double({ min: 0, max: 0.999, noNaN: true }),
  }),
  { selector: ({ id }) => id, minLength: 1, maxLength: 20 },
)
const anyPace = fc.record({
  intervalMs: fc.integer({ min: 1000, max: NOW }),
  gapMs: fc.integer({ min: 1, max: 20_000 }),
  lastMs: fc.option(fc.integer({ min: 0, max: 2 * NOW }), { nil: undefined }),
  earliestMs: fc.integer({ min: 0, max: 2 * NOW }),
})

test('never too early for any reason, and nobody is passed over', () => {
  fc.assert(
    fc.property(anyTurns, anyPace, (turns, pace) => {
      const { id, atMs } = nextTurn(turns, pace, NOW)!
      const { triedMs } = turns.find((turn) => turn.id === id)!
      assert.ok(atMs >= NOW && atMs >= pace.earliestMs)
      if (pace.lastMs !== undefined && pace.lastMs <= NOW) assert.ok(atMs >= pace.lastMs + pace.gapMs)
      if (triedMs !== undefined && triedMs <= NOW) assert.ok(atMs >= triedMs + pace.intervalMs)
      for (const turn of turns) assert.ok(atMs <= turnAtMs(turn, pace, NOW))
    }),
  )
})

test('run for a day: every wish in its interval if there is room, all as often as each other if not, never two in one gap', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 60_000, max: 3_600_000 }),
      fc.nat(),
      (count, intervalMs, seed) => {
        const random = seededRandom(seed)
        const turns = new Map(Array.from({ length: count }, (_, i) => [`w${i}`, turnOf(`w${i}`)]))
        const times = new Map([...turns.keys()].map((id) => [id, [] as number[]]))
        let pace = paceOf({ intervalMs })
        let now = NOW
        while (now < NOW + 86_400_000) {
          const { id, atMs } = nextTurn([...turns.values()], pace, now)!
          assert.ok(pace.lastMs === undefined || atMs - pace.lastMs >= pace.gapMs)
          now = atMs
          times.get(id)!.push(now)
          turns.set(id, turnOf(id, now, { jitter: random.float() }))
          pace = { ...pace, lastMs: now }
        }
        // A round of all of them, when one after the other has no room in the interval.
        const longest =
          Math.max(intervalMs * (1 + SPREAD), count * pace.gapMs * (1 + SPREAD)) + count * pace.gapMs
        for (const list of times.values())
          for (let i = 1; i < list.length; i++) {
            const waited = list[i]! - list[i - 1]!
            assert.ok(waited >= intervalMs && waited <= longest, `${waited} of ${longest}`)
          }
      },
    ),
    { numRuns: 10 },
  )
})
