import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fold, wordRuns, wordsOf } from './words.ts'

test('names become words in any script', () => {
  const table: [string, string[]][] = [
    ["Été 数据 (final) 'v2' #1?.bin", ['ete', '数', '据', 'final', 'v2', '1', 'bin']],
    ['STRASSE straße STRAẞE', ['strasse', 'strasse', 'strasse']],
    ['ﬁle_name-v1.tar.gz', ['file', 'name', 'v1', 'tar', 'gz']],
    ['ΣΑΣ σας', ['σασ', 'σασ']],
    ['İstanbul', ['istanbul']],
    ['Ελληνικά Ёлка', ['ελληνικα', 'елка']],
    ['東京タワー2024', ['東', '京', 'タ', 'ワ', 'ー', '2024']],
    ['한국어', ['한국어']],
    ['हिन्दी', ['हिन्दी']],
    ['../../etc/passwd', ['etc', 'passwd']],
    ['🎵🎶', []],
    ['', []],
  ]
  for (const [text, words] of table) assert.deepEqual(wordsOf(text), words, text)
})

test('every character folds to what stays as it is', () => {
  for (let code = 0; code < 0x110000; code++) {
    const char = String.fromCodePoint(code)
    if (fold(fold(char)) !== fold(char)) assert.fail(code.toString(16))
  }
})

test('a run keeps the characters of an unspaced script together', () => {
  assert.deepEqual(wordRuns('v2数据 x'), [['v2'], ['数', '据'], ['x']])
})

test('folding twice changes nothing, and words survive it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      assert.equal(fold(fold(text)), fold(text))
      assert.deepEqual(wordsOf(fold(text)), wordsOf(text))
    }),
    { numRuns: 2000 },
  )
})

test('composed and decomposed spellings are the same words', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      assert.deepEqual(wordsOf(text.normalize('NFC')), wordsOf(text.normalize('NFD')))
    }),
    { numRuns: 2000 },
  )
})
