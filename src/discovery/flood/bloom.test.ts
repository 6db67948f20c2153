import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { applyFlips, filterFlips, foldFilter, hasKey, keyHash, log2BitsFor, makeFilter } from './bloom.ts'

const keys = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 200 })

describe('a filter', () => {
  test('has every key that was added, folded or not', () => {
    fc.assert(
      fc.property(keys, fc.integer({ min: 9, max: 14 }), (words, log2Bits) => {
        const bits = makeFilter(words.map(keyHash), log2Bits)
        const folded = foldFilter(bits, 9)
        assert.equal(folded.length, 64)
        for (const word of words) assert.ok(hasKey(bits, keyHash(word)) && hasKey(folded, keyHash(word)))
      }),
    )
  })

  test('folded is the same as made small', () => {
    fc.assert(
      fc.property(keys, (words) => {
        const hashes = words.map(keyHash)
        assert.deepEqual(foldFilter(makeFilter(hashes, 13), 10), makeFilter(hashes, 10))
      }),
    )
  })

  test('is made of another by their difference', () => {
    fc.assert(
      fc.property(keys, keys, (before, after) => {
        const [from, to] = [makeFilter(before.map(keyHash), 10), makeFilter(after.map(keyHash), 10)]
        assert.deepEqual(applyFlips(from, filterFlips(from, to)), to)
      }),
    )
    assert.equal(applyFlips(new Uint8Array(64), [500, 20]), undefined)
  })

  test('has few keys that were not added', () => {
    const size = log2BitsFor(1000)
    assert.equal(size, 14)
    const bits = makeFilter(
      Array.from({ length: 1000 }, (_, i) => keyHash(`w:in${i}`)),
      size,
    )
    let wrong = 0
    for (let i = 0; i < 10_000; i++) if (hasKey(bits, keyHash(`w:out${i}`))) wrong++
    assert.ok(wrong < 20, `${wrong} of 10,000`)
  })

  test('has a size between 64 bytes and 64 KiB', () => {
    assert.deepEqual([0, 1, 32, 33, 1e9].map(log2BitsFor), [9, 9, 9, 10, 19])
  })
})
