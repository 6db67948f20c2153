import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '../base/random.ts'
import { RarityQueue } from './rarity-queue.ts'

test('picks from the rarest group that has something wanted', () => {
  const queue = new RarityQueue(6)
  for (let index = 0; index < 6; index++) queue.add(index)
  for (const index of [0, 0, 0, 1, 1, 2, 3, 4, 5]) queue.change(index, 1)
  queue.change(5, -1)
  const random = seededRandom(1)
  assert.equal(
    queue.pick(random, () => true),
    5,
  )
  assert.equal(
    queue.pick(random, (index) => index < 2),
    1,
  )
  assert.equal(
    queue.pick(random, (index) => index === 0),
    0,
  )
  assert.equal(
    queue.pick(random, () => false),
    undefined,
  )
})

test('ties are broken by chance', () => {
  const queue = new RarityQueue(8)
  for (let index = 0; index < 8; index++) queue.add(index)
  const random = seededRandom(2)
  const seen = new Set(Array.from({ length: 200 }, () => queue.pick(random, () => true)))
  assert.equal(seen.size, 8)
})

const BLOCKS = 12
const step = fc.oneof(
  fc.record({ do: fc.constant('add' as const), index: fc.nat(BLOCKS - 1) }),
  fc.record({ do: fc.constant('remove' as const), index: fc.nat(BLOCKS - 1) }),
  fc.record({ do: fc.constant('more' as const), index: fc.nat(BLOCKS - 1) }),
  fc.record({ do: fc.constant('less' as const), index: fc.nat(BLOCKS - 1) }),
)

test('holds what a list that is sorted each time would hold', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.nat(), (steps, seed) => {
      const queue = new RarityQueue(BLOCKS)
      const open = new Set<number>()
      const rarity = new Array<number>(BLOCKS).fill(0)
      for (const { do: what, index } of steps) {
        if (what === 'add') queue.add(index)
        if (what === 'add') open.add(index)
        if (what === 'remove') queue.remove(index)
        if (what === 'remove') open.delete(index)
        if (what === 'more') queue.change(index, 1)
        if (what === 'more') rarity[index]!++
        if (what === 'less' && rarity[index]! > 0) {
          queue.change(index, -1)
          rarity[index]!--
        }
        assert.equal(queue.size, open.size)
        for (let each = 0; each < BLOCKS; each++) assert.equal(queue.has(each), open.has(each))
      }
      // Taken out one by one, they come in the order of their rarity, each once.
      const random = seededRandom(seed)
      let last = 0
      for (let left = open.size; left > 0; left--) {
        const index = queue.pick(random, () => true)!
        assert.ok(open.delete(index))
        assert.ok(rarity[index]! >= last)
        last = rarity[index]!
        queue.remove(index)
      }
      assert.equal(
        queue.pick(random, () => true),
        undefined,
      )
    }),
  )
})
