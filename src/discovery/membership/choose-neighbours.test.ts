import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '../../base/random.ts'
import { chooseNeighbours, chooseToDrop, keepsNewStream } from './choose-neighbours.ts'

test('as many are chosen as are wanted and there, each once', () => {
  const candidate = fc.record({
    peerId: fc.nat(60).map((n) => `p${n}`),
    latencyMs: fc.option(fc.nat(400), { nil: undefined }),
  })
  const candidates = fc.uniqueArray(candidate, { selector: ({ peerId }) => peerId, maxLength: 40 })
  fc.assert(
    fc.property(candidates, fc.integer({ min: -3, max: 12 }), fc.nat(), (given, wanted, seed) => {
      const chosen = chooseNeighbours(given, wanted, seededRandom(seed))
      assert.equal(chosen.length, Math.max(0, Math.min(wanted, given.length)))
      assert.equal(new Set(chosen).size, chosen.length)
      const ids = new Set(given.map(({ peerId }) => peerId))
      assert.ok(chosen.every((peerId) => ids.has(peerId)))
    }),
    { numRuns: 300 },
  )
})

test('about a third of those chosen are the nearest', () => {
  const random = seededRandom(3)
  // Those with a low number are near; half of the latencies are not known.
  const candidates = Array.from({ length: 400 }, (_, i) => ({
    peerId: String(i),
    latencyMs: i < 200 ? i : undefined,
  }))
  const rounds = 500
  let near = 0
  let unmeasured = 0
  for (let i = 0; i < rounds; i++)
    for (const peerId of chooseNeighbours(candidates, 6, random)) {
      if (Number(peerId) < 6) near++
      if (Number(peerId) >= 200) unmeasured++
    }
  const share = near / (6 * rounds)
  assert.ok(share > 0.3 && share < 0.38, `${share} are near`)
  // Half of the two thirds that are chosen at random.
  assert.ok(Math.abs(unmeasured / (6 * rounds) - 1 / 3) < 0.04, `${unmeasured} of ${6 * rounds}`)
})

test('whom a full node drops', () => {
  const table: [degrees: number[], least: number, dropped: number | undefined][] = [
    [[], 3, undefined],
    [[3, 3, 3], 3, undefined],
    [[1, 0, 2], 3, undefined],
    [[3, 4, 3], 3, 1],
    [[8, 4, 5], 3, 0],
    [[4, 8, 8], 3, 1],
    [[1, 2], 1, 1],
    [[0, 0], 0, undefined],
  ]
  for (const [degrees, least, at] of table) {
    const neighbours = degrees.map((degree, i) => ({ peerId: `p${i}`, degree }))
    const expected = at === undefined ? undefined : `p${at}`
    assert.equal(chooseToDrop(neighbours, least), expected, degrees.join())
  }
})

test('nobody is dropped who would be left with fewer than the least, and none has more than the dropped one', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(12), { maxLength: 12 }), fc.nat(8), (degrees, least) => {
      const neighbours = degrees.map((degree, i) => ({ peerId: String(i), degree }))
      const dropped = chooseToDrop(neighbours, least)
      const most = Math.max(-1, ...degrees)
      assert.equal(dropped !== undefined, most > least)
      if (dropped === undefined) return
      assert.equal(degrees[Number(dropped)], most)
      assert.ok(degrees[Number(dropped)]! - 1 >= least)
    }),
  )
})

test('of two streams opened at once both sides keep the same, whichever came first to either', () => {
  const kept = ([first, second]: readonly [string, string]) =>
    keepsNewStream({ current: first, next: second }) ? second : first
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.boolean(), fc.boolean(), (a, b, here, there) => {
      fc.pre(a !== b)
      const order = (isFirst: boolean): [string, string] => (isFirst ? [a, b] : [b, a])
      assert.equal(kept(order(here)), kept(order(there)))
      assert.equal(kept(order(here)), [a, b].sort()[0])
    }),
  )
  assert.ok(keepsNewStream({ current: 'a', next: 'a' }), 'one who dials again has lost the stream before')
})
