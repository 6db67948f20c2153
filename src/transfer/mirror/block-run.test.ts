import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MIB } from '../../base/units.ts'
import { BlockRun, MAX_RUN_BLOCKS } from './block-run.ts'

const SIZE = 9 * MIB + 5

test('neighbours are asked for together, what was wanted first goes first, and each block once', () => {
  const ranges = (wanted: number[]) => {
    const left = new Set(wanted)
    const taken = []
    while (left.size > 0) taken.push(BlockRun.takeFrom(left, SIZE).range)
    return taken.map(({ start, end }) => [start / MIB, (end + 1) / MIB])
  }
  assert.deepEqual(ranges([0, 1, 2, 3, 4, 5]), [
    [0, 4],
    [4, 6],
  ])
  assert.deepEqual(ranges([7, 3, 4, 8]), [
    [7, 9],
    [3, 5],
  ])
  assert.deepEqual(ranges([9]), [[9, SIZE / MIB]])
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(9)), (wanted) => {
      const blocks = ranges(wanted).flatMap(([from, to]) => {
        assert.ok(to! - from! <= MAX_RUN_BLOCKS)
        return Array.from({ length: Math.ceil(to! - from!) }, (_, i) => from! + i)
      })
      assert.deepEqual(
        blocks.sort((a, b) => a - b),
        wanted.toSorted((a, b) => a - b),
      )
    }),
  )
})

test('a request is given up when much is to come that nobody wants', () => {
  const run = new BlockRun(2, 4, SIZE)
  run.skip(3)
  assert.deepEqual([run.isSkipped, run.isUseless], [false, false])
  run.skip(2)
  run.skip(9)
  assert.deepEqual([run.isSkipped, run.isUseless], [true, false])
  run.skip(4)
  assert.equal(run.isUseless, true)
  run.position = 5 * MIB - 1000
  assert.deepEqual([run.isUseless, run.index, run.roomInBlock], [false, 4, 1000])
})
