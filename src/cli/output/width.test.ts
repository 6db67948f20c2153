import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { displayWidth, fit, pad } from './width.ts'

test('columns of scripts and emoji', () => {
  const cases: [string, number][] = [
    ['', 0],
    ['plain', 5],
    ['Été', 3],
    ['E\u0301te\u0301', 3],
    ['数据', 4],
    ['ｆｕｌｌ', 8],
    ['한글', 4],
    ['👩\u200d🚀', 2],
    ['❤\ufe0f', 2],
    ['नमस्ते', 3],
  ]
  for (const [text, width] of cases) assert.equal(displayWidth(text), width, text)
})

test('long names keep their beginning and their end', () => {
  assert.equal(fit('a-long-file-name.tar.gz', 16), 'a-long-fil…ar.gz')
  assert.equal(fit('short.txt', 16), 'short.txt')
  assert.equal(fit('数据数据数据', 6), '数据…')
  assert.equal(fit('anything', 0), '')
})

test('fitted text never takes more columns than allowed, and short text stays', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat({ max: 30 }), (text, columns) => {
      const fitted = fit(text, columns)
      assert.ok(displayWidth(fitted) <= columns)
      if (displayWidth(text) <= columns) assert.equal(fitted, text)
    }),
  )
})

test('padding fills on the side that is not aligned', () => {
  assert.equal(pad('ab', 4), 'ab  ')
  assert.equal(pad('数', 4, 'right'), '  数')
  assert.equal(pad('too long', 3), 'too long')
})
