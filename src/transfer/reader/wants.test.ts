import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DEFAULT_READER_OPTIONS } from './options.ts'
import { aheadOf, Wants } from './wants.ts'

test('what somebody waits for first, then the next block of each reader, the one after it, and so on', () => {
  const wants = new Wants()
  const [a, b] = [{}, {}]
  wants.begin(a, { first: 10, end: 13 })
  wants.begin(b, { first: 50, end: 100 })
  assert.deepEqual(wants.list(4), [10, 50, 11, 51, 12, 52, 53])
  const unwait = wants.wait(99)
  wants.moved(b, 51)
  assert.deepEqual(wants.list(2), [99, 10, 52, 11, 53])
  assert.deepEqual(wants.list(0), [99])
  unwait()
  wants.leave(a)
  assert.deepEqual(wants.list(1), [52])
})

test('two who wait for a block, one of whom leaves; a reader at its end', () => {
  const wants = new Wants()
  const [first, second] = [wants.wait(1), wants.wait(1)]
  first()
  first()
  assert.deepEqual(wants.list(1), [1])
  second()
  const reader = {}
  wants.begin(reader, { first: 0, end: 2 })
  wants.moved(reader, 1)
  assert.equal(wants.isIdle, true)
  wants.moved({}, 5)
  wants.begin(reader, { first: 3, end: 3 })
  assert.equal(wants.readers, 0)
})

test('what is fetched ahead has room in the cache, however many read', () => {
  const limits = DEFAULT_READER_OPTIONS
  assert.equal(aheadOf({ ofFile: 1, inAll: 1 }, limits), 12)
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 64 }), (files) => {
      const inAll = files.reduce((sum, each) => sum + each, 0)
      const ahead = files.map((ofFile) => ofFile * aheadOf({ ofFile, inAll }, limits))
      for (const blocks of ahead) assert.ok(blocks * 2 ** 20 < limits.cacheBytesPerFile)
      assert.ok(ahead.reduce((sum, each) => sum + each, 0) * 2 ** 20 < limits.cacheBytes)
    }),
  )
})
