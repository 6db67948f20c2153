import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '../../src/base/random.ts'
import { availability, replicasFor } from './formula.ts'
import { drawPresence, type Turn } from './presence.ts'

const HOUR_MS = 3_600_000

test('the formula: what copies are worth, and how many it takes', () => {
  assert.equal(availability(0.5, 1), 0.5)
  assert.ok(Math.abs(availability(0.7, 3) - 0.973) < 1e-12)
  // The figures that are published for 99.9 %.
  assert.deepEqual(
    [0.5, 0.7, 0.9].map((up) => replicasFor(up, 0.999)),
    [10, 6, 3],
  )
})

test('a node comes and goes in turns, from the beginning on', () => {
  const seeds = fc.nat()
  const shares = fc.constantFrom(0.1, 0.5, 0.7, 0.9)
  fc.assert(
    fc.property(seeds, shares, (seed, up) => {
      const turns = drawPresence(seededRandom(seed), { up, untilMs: 12 * HOUR_MS })
      assert.equal(turns[0]!.atMs, 0)
      turns.slice(1).forEach(({ atMs, isUp }, i) => {
        assert.ok(atMs >= turns[i]!.atMs && atMs < 12 * HOUR_MS + 1)
        assert.notEqual(isUp, turns[i]!.isUp)
      })
    }),
    { numRuns: 30 },
  )
})

test('many nodes are there for the share of the time that was asked for, at the beginning as later', () => {
  for (const up of [0.5, 0.7, 0.9]) {
    const random = seededRandom(7)
    const lives = Array.from({ length: 2000 }, () => drawPresence(random, { up, untilMs: 10 * HOUR_MS }))
    for (const atMs of [0, HOUR_MS, 9 * HOUR_MS]) {
      const share = lives.filter((turns) => isUpAt(turns, atMs)).length / lives.length
      assert.ok(Math.abs(share - up) < 0.03, `${share} of them instead of ${up} after ${atMs} ms`)
    }
  }
})

const isUpAt = (turns: readonly Turn[], atMs: number): boolean =>
  turns.findLast((turn) => turn.atMs <= atMs)?.isUp ?? false
