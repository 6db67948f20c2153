import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import { Admission } from './admission.ts'
import { mayReachAll } from './reach.ts'
import { SeenCache } from './seen.ts'

test('each neighbour has its share, all together have theirs, and both come back', async () => {
  const clock = new ManualClock()
  const neighbourRate = { perSecond: 2, burst: 3 }
  const admission = new Admission(clock, { neighbourRate, totalRate: { perSecond: 5, burst: 5 } })
  const admitted = (peerId: string) =>
    Array.from({ length: 10 }, () => admission.admit(peerId)).filter(Boolean).length
  assert.deepEqual([admitted('a'), admitted('b'), admitted('c')], [3, 2, 0])
  assert.equal(admission.refused, 25)
  await clock.advance(1000)
  assert.deepEqual([admitted('a'), admitted('b'), admitted('c')], [2, 3, 0])
})

test('what was seen is forgotten after a while, or when there is more', async () => {
  const clock = new ManualClock()
  const seen = new SeenCache<number>(clock, 2, 1000)
  for (const [i, key] of ['a', 'b', 'c'].entries()) seen.set(key, i)
  assert.deepEqual([seen.get('a'), seen.get('b'), seen.get('c'), seen.size], [undefined, 1, 2, 2])
  await clock.advance(1000)
  assert.equal(seen.get('c'), undefined)
  seen.set('d', 4)
  assert.equal(seen.size, 1)
})

test('whether all may have been reached', () => {
  const table: [sizes: [number, number, number], ttl: number, size: number, all: boolean][] = [
    [[2, 0, 0], 5, 3, true],
    [[2, 2, 2], 3, 7, true],
    [[2, 2, 2], 3, 8, false],
    [[8, 50, 290], 5, 1000, true],
    [[8, 50, 290], 3, 1000, false],
    [[8, 50, 290], 5, 100_000, false],
    [[2, 0, 0], 5, 10, false],
  ]
  for (const [sizes, ttl, size, all] of table) assert.equal(mayReachAll(sizes, ttl, size), all, `${sizes}`)
})
