import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { wishKey } from './wish-key.ts'

test('words that find the same are one wish', () => {
  const same: [string, string][] = [
    ['Holiday Photos', 'holiday  photos'],
    ['Café', 'cafe'],
    ['old-maps', 'Old maps!'],
    ['holi*', 'HOLI* '],
  ]
  for (const [a, b] of same) assert.equal(wishKey(a), wishKey(b), a)
  const other: [string, string][] = [
    ['holi', 'holi*'],
    ['oldmaps', 'old maps'],
    ['日本', '日 本'],
    ['a b', 'b a'],
  ]
  for (const [a, b] of other) assert.notEqual(wishKey(a), wishKey(b), a)
})

test('the key of a key is itself, but for signs inside unspaced runs', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'aB é-*1ß ') }), (words) => {
      assert.equal(wishKey(wishKey(words)), wishKey(words))
    }),
  )
})
