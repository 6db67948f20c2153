import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { batched, MAX_BATCH_BYTES, MAX_BATCH_ENTRIES } from './batches.ts'

test('all items, in order, in batches within both bounds, none of them empty', () => {
  const size = fc.oneof(
    fc.integer({ min: 1, max: 200 }),
    fc.constantFrom(13_000, 400_000, MAX_BATCH_BYTES + 1),
  )
  fc.assert(
    fc.property(fc.array(fc.array(size, { maxLength: 1500 }), { maxLength: 4 }), (groups) => {
      const batches = [...batched(groups, (item) => item)]
      assert.deepEqual(batches.flat(), groups.flat())
      for (const batch of batches) {
        assert.ok(batch.length >= 1 && batch.length <= MAX_BATCH_ENTRIES)
        const bytes = batch.reduce((sum, item) => sum + item, 0)
        assert.ok(bytes <= MAX_BATCH_BYTES || batch.length === 1)
      }
    }),
  )
})

test('a full group stays one batch', () => {
  const group = Array.from({ length: MAX_BATCH_ENTRIES }, () => 1)
  assert.deepEqual(
    [...batched([group, group], (item) => item)].map((batch) => batch.length),
    [1000, 1000],
  )
})
