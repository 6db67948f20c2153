import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BLOCK_SIZE } from '../../content/cid.ts'
import { NOTHING_FOUND } from '../../storage/verify-store.ts'
import type { VerifyFile } from '../../storage/verify-types.ts'
import { type Piece, VerifyPlan } from './plan.ts'
import { bytesOfRange, RANGE_BLOCKS, RANGE_BYTES, rangesOfSize, spanOfRange } from './ranges.ts'

const MIB = 1024 * 1024
const none = new Uint8Array()

const fileOf = (id: number, sizeBytes: number, done: Uint8Array = none): VerifyFile => ({
  id,
  shareId: 1,
  relPath: `f${id}`,
  cid: `cid-${id}`,
  sizeBytes,
  done,
  found: NOTHING_FOUND,
})

const planOf = (readers: number, ...sizes: number[]) => {
  const plan = new VerifyPlan(readers)
  plan.add(sizes.map((size, i) => fileOf(i + 1, size)))
  return plan
}
const told = (pieces: readonly Piece[]) => pieces.map(({ file, range }) => `${file.id}.${range}`).join(' ')

/** Around every boundary: nothing, one block, one range, a byte more or less. */
const SIZES = [
  0,
  1,
  BLOCK_SIZE,
  RANGE_BYTES - 1,
  RANGE_BYTES,
  RANGE_BYTES + 1,
  3 * RANGE_BYTES,
  9 * RANGE_BYTES + 5,
]

test('the ranges of a file hold each of its blocks and bytes once', () => {
  const size = fc.oneof(fc.constantFrom(...SIZES), fc.nat({ max: 70 * RANGE_BYTES }))
  fc.assert(
    fc.property(size, (sizeBytes) => {
      let [block, bytes] = [0, 0]
      for (let range = 0; range < rangesOfSize(sizeBytes); range++) {
        const { first, end } = spanOfRange(sizeBytes, range)
        assert.equal(first, block)
        assert.ok(end > first && end - first <= RANGE_BLOCKS)
        block = end
        bytes += bytesOfRange(sizeBytes, range)
      }
      assert.equal(block, Math.max(1, Math.ceil(sizeBytes / BLOCK_SIZE)))
      assert.equal(bytes, sizeBytes)
    }),
  )
})

test('each reader has a file of its own while there are enough, and goes on with it', () => {
  const plan = planOf(2, 3 * RANGE_BYTES, 2 * RANGE_BYTES, RANGE_BYTES)
  const [one, two] = [plan.claim(), plan.claim()]
  assert.deepEqual([told(one), told(two)], ['1.0', '2.0'])
  plan.finish(one[0]!)
  assert.equal(told(plan.claim()), '1.1')
})

test('when few files are left, all read the big one, each another range', () => {
  const plan = planOf(3, 2 * MIB, 5 * RANGE_BYTES)
  const claims = [plan.claim(), plan.claim(), plan.claim(), plan.claim()]
  assert.deepEqual(claims.map(told), ['1.0', '2.0', '2.1', '2.2'])
  assert.equal(plan.finish(claims[0]![0]!), true)
  assert.equal(plan.size, 1)
})

test('small files go together: up to 32 MiB, 64 files, and a fair part for each reader', () => {
  assert.equal(told(planOf(1, 16 * MIB, 16 * MIB, 1).claim()), '1.0 2.0')
  assert.equal(told(planOf(1, 1, 40 * MIB, 1).claim()), '1.0')
  assert.equal(planOf(1, ...new Array(1000).fill(10)).claim().length, 64)
  assert.equal(planOf(1, ...new Array(1000).fill(0)).claim().length, 64)
  assert.equal(planOf(4, ...new Array(10).fill(10)).claim().length, 3)
  assert.equal(told(new VerifyPlan(2).claim()), '')
})

test('what is given back is given again; what is dropped never', () => {
  const plan = planOf(2, 4 * RANGE_BYTES)
  const [first, second] = [plan.claim()[0]!, plan.claim()[0]!]
  plan.giveBack(first)
  assert.equal(told(plan.claim()), '1.0')
  assert.equal(plan.drop(second), true)
  assert.equal(plan.drop(second), false)
  assert.equal(plan.finish(second), false)
  assert.deepEqual([plan.claim(), plan.size], [[], 0])
})

test('every block is read once, by however many readers; after a cut only what was not noted is read again', () => {
  const size = fc.oneof(fc.constantFrom(...SIZES), fc.nat({ max: 12 * RANGE_BYTES }))
  const run = fc.record({
    sizes: fc.array(size, { minLength: 1, maxLength: 12 }),
    readers: fc.integer({ min: 1, max: 5 }),
    /** Which of the readers comes back next, how often it did not get to read, and when the process dies. */
    turns: fc.infiniteStream(
      fc.record({ who: fc.nat(), isRefused: fc.boolean(), dies: fc.integer({ min: 0, max: 9 }) }),
    ),
  })
  fc.assert(
    fc.property(run, ({ sizes, readers, turns }) => {
      const left = new Map(sizes.map((bytes, i) => [i + 1, fileOf(i + 1, bytes)]))
      const noted = new Map<string, number>()
      let budget = 2000
      while (left.size > 0) {
        const plan = new VerifyPlan(readers)
        plan.add([...left.values()])
        const reading: Piece[][] = []
        const isReading = () => new Set(reading.flat().map(({ file, range }) => `${file.id}.${range}`))
        for (;;) {
          assert.ok(budget-- > 0, 'it gets nowhere')
          while (reading.length < readers) {
            const taken = isReading()
            const claim = plan.claim()
            if (claim.length === 0) break
            assert.ok(claim.reduce((sum, { bytes }) => sum + bytes, 0) <= RANGE_BYTES)
            for (const { file, range } of claim)
              assert.ok(!taken.has(`${file.id}.${range}`), 'two read the same')
            reading.push(claim)
          }
          if (reading.length === 0) break
          const { who, isRefused, dies } = turns.next().value!
          const [claim] = reading.splice(who % reading.length, 1)
          for (const piece of claim!) {
            if (isRefused) {
              plan.giveBack(piece)
              continue
            }
            const { first, end } = spanOfRange(piece.file.sizeBytes, piece.range)
            for (let block = first; block < end; block++) {
              const place = `${piece.file.id}/${block}`
              noted.set(place, (noted.get(place) ?? 0) + 1)
            }
            if (plan.finish(piece)) left.delete(piece.file.id)
            else
              left.set(
                piece.file.id,
                fileOf(piece.file.id, piece.file.sizeBytes, piece.ranges.bitmap.slice()),
              )
          }
          if (dies === 0) break
        }
      }
      const blocks = sizes.flatMap((bytes, i) =>
        Array.from({ length: Math.max(1, Math.ceil(bytes / BLOCK_SIZE)) }, (_, block) => `${i + 1}/${block}`),
      )
      assert.deepEqual([...noted.keys()].sort(), blocks.sort())
      assert.ok(
        [...noted.values()].every((times) => times === 1),
        'a block was noted twice',
      )
    }),
  )
})
