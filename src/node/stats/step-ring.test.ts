import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { StepRing } from './step-ring.ts'

test('a ring has the last rows, the oldest first', () => {
  const rows = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 50 })
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 20 }), (all, capacity) => {
      const ring = new StepRing({ capacity, width: 2 })
      for (const row of all) ring.push(row)
      const last = all.slice(-capacity)
      assert.equal(ring.length, last.length)
      for (const i of [0, 1] as const)
        assert.deepEqual(
          ring.column(i),
          last.map((row) => row[i]),
        )
    }),
  )
})
