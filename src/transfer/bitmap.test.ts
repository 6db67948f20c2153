import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Bitmap } from './bitmap.ts'

test('block 0 is the highest bit of the first byte', () => {
  const bitmap = new Bitmap(10)
  assert.equal(bitmap.add(0), true)
  assert.equal(bitmap.add(9), true)
  assert.equal(bitmap.add(9), false)
  assert.deepEqual([...bitmap.bytes], [0x80, 0x40])
  assert.equal(bitmap.add(10), false, 'there is no block 10')
  assert.equal(bitmap.add(-1), false)
})

test('spare bits count for nothing', () => {
  const bitmap = new Bitmap(3, Uint8Array.of(0xff))
  assert.equal(bitmap.count, 3)
  assert.equal(bitmap.isFull, true)
  assert.equal(bitmap.has(3), false)
  assert.throws(() => new Bitmap(9, new Uint8Array(1)), RangeError)
})

test('behaves like a set', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 70 }),
      fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 80 }))),
      (length, steps) => {
        const bitmap = new Bitmap(length)
        const set = new Set<number>()
        for (const [add, index] of steps) {
          const changes = index < length && set.has(index) !== add
          assert.equal(add ? bitmap.add(index) : bitmap.delete(index), changes)
          if (index >= length) continue
          if (add) set.add(index)
          else set.delete(index)
        }
        assert.deepEqual(
          [...bitmap.indices()],
          [...set].sort((a, b) => a - b),
        )
        assert.equal(bitmap.count, set.size)
        assert.deepEqual(new Bitmap(length, bitmap.bytes.slice()).count, set.size)
      },
    ),
  )
})
