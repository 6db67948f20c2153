import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import fc from 'fast-check'
import { fold } from '../base/words.ts'
import { FTS_OPTIONS, ftsQuery, ftsText } from './fts.ts'

function makeTable(...texts: string[]) {
  const db = new DatabaseSync(':memory:')
  db.exec(`CREATE VIRTUAL TABLE words USING fts5(text, ${FTS_OPTIONS})`)
  const insert = db.prepare('INSERT INTO words (rowid, text) VALUES (?, ?)')
  texts.forEach((text, i) => void insert.run(i, ftsText(text)))
  const select = db.prepare('SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid')
  return {
    find(words: string): number[] {
      const query = ftsQuery(words)
      return query === undefined ? [] : select.all(query).map((row) => row.rowid as number)
    },
    close: () => db.close(),
  }
}

test('queries are quoted phrases, all of which must match', () => {
  const cases: [string, string | undefined][] = [
    ['', undefined],
    ['*', undefined],
    [' -- () "" ', undefined],
    ['Hello World', '"hello" AND "world"'],
    ['hello hello', '"hello"'],
    ['数据 v2', '"数 据" AND "v2"'],
    ['fin*', '"fin" *'],
    ['final fin* ', '"final" AND "fin" *'],
    ['a* b', '"a" AND "b"'],
    ['数据*', '"数 据" *'],
    ['a OR b NOT c NEAR(d)', '"a" AND "or" AND "b" AND "not" AND "c" AND "near" AND "d"'],
  ]
  for (const [words, query] of cases) assert.equal(ftsQuery(words), query, JSON.stringify(words))
})

test('a name is found by any of its words in any script, folded, and by prefix', () => {
  const table = makeTable(
    "Été 数据 (final) 'v2' #1?.bin",
    'Straße/ΟΔΟΣ ﬁle.txt',
    'ไฟล์ใหม่ हिन्दी.pdf',
    'a\u{1e7e0}b',
  )
  for (const words of [
    'été',
    'ete',
    'ÉTÉ',
    '数据',
    '数',
    '据',
    'final',
    'v2',
    'fin*',
    'FIN*',
    '1',
    'bin été',
    'e\u0301te\u0301',
  ]) {
    assert.deepEqual(table.find(words), [0], words)
  }
  for (const words of ['strasse', 'STRASSE*', 'οδος', 'file', 'txt οδο*'])
    assert.deepEqual(table.find(words), [1], words)
  for (const words of ['ไฟล์', 'ใหม่', 'हिन्दी', 'हि*']) assert.deepEqual(table.find(words), [2], words)
  // U+1E7E0, Ethiopic Extended-B, is younger than the tables in SQLite.
  assert.deepEqual(table.find('a\u{1e7e0}b'), [3])
  for (const words of ['据数', 'fin', 'final nothing', 'été*x', 'inal*'])
    assert.deepEqual(table.find(words), [], words)
  table.close()
})

const anything = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: fc.constantFrom(...'"\'*()^+-:{}AND OR NOT NEAR 数据é\0\ud800'), maxLength: 60 }),
)

test('no input is a syntax error', () => {
  const table = makeTable('some text')
  fc.assert(fc.property(anything, (words) => Array.isArray(table.find(words))))
  assert.deepEqual(table.find('x '.repeat(100_000)), [])
  assert.deepEqual(table.find('数'.repeat(100_000)), [])
  assert.deepEqual(table.find(Array.from({ length: 10_000 }, (_, i) => `w${i}`).join(' ')), [])
  table.close()
})

test('any text is found by each of its words, by all of them, and by the beginning of its last one', () => {
  fc.assert(
    fc.property(anything, (text) => {
      const words = ftsText(text).split(' ').filter(Boolean)
      fc.pre(words.length > 0 && words.length <= 100)
      const table = makeTable(text)
      for (const word of words) assert.deepEqual(table.find(word), [0], word)
      assert.deepEqual(table.find(text), [0])
      const first = [...words.at(-1)!][0]!
      // A mark alone is no word of its own once it is folded again.
      if (fold(first) === first) assert.deepEqual(table.find(`${first}*`), [0], first)
      table.close()
    }),
  )
})
