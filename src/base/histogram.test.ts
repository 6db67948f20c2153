import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Histogram, OTHER } from './histogram.ts'

test('a value is counted in the first bucket whose bound it does not pass', () => {
  const histogram = new Histogram({ labels: ['of'], bounds: [1, 5] })
  for (const value of [0, 1, 1.5, 5, 5.1]) histogram.observe(['a'], value)
  assert.deepEqual(histogram.rows(), [{ labels: ['a'], buckets: [2, 2, 1], count: 5, sum: 12.6 }])
})

test('whatever is observed, nothing is lost and there are no more rows than allowed', () => {
  const labels = fc.tuple(fc.string({ maxLength: 2 }), fc.string({ maxLength: 2 }))
  fc.assert(
    fc.property(fc.array(fc.tuple(labels, fc.nat(20))), (observed) => {
      const histogram = new Histogram({ labels: ['x', 'y'], bounds: [5, 10], maxRows: 3 })
      for (const [names, value] of observed) histogram.observe(names, value)
      const rows = histogram.rows()
      // The one that takes the rest comes on top.
      assert.ok(rows.length <= 4)
      if (rows.length === 4) assert.deepEqual(rows.at(-1)!.labels, [OTHER, OTHER])
      const total = (of: (row: (typeof rows)[number]) => number) =>
        rows.reduce((sum, row) => sum + of(row), 0)
      assert.equal(
        total(({ count }) => count),
        observed.length,
      )
      assert.equal(
        total(({ buckets }) => buckets.reduce((sum, count) => sum + count)),
        observed.length,
      )
      assert.equal(
        total(({ sum }) => sum),
        observed.reduce((sum, [, value]) => sum + value, 0),
      )
    }),
  )
})
