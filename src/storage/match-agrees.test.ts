import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import fc from 'fast-check'
import type { SharedEntry } from '../content/entry.ts'
import { compileQuery, matchText } from '../content/match.ts'
import { FTS_OPTIONS, ftsQuery, ftsText } from './fts.ts'

const token = fc.constantFrom(
  'a',
  'ab',
  'abc',
  'É',
  'ß',
  '数据',
  '据',
  'ไฟล์',
  'हिन्दी',
  '1',
  'x_y',
  '.',
  '-',
  '/',
  '*',
  ' ',
)
const text = fc.array(token, { minLength: 1, maxLength: 8 }).map((tokens) => tokens.join(''))

test('what matches without a database is what the full-text search finds', () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 6 }), text, (paths, words) => {
      const query = ftsQuery(words)
      if (query === undefined) return
      using db = new DatabaseSync(':memory:')
      db.exec(`CREATE VIRTUAL TABLE words USING fts5(text, ${FTS_OPTIONS})`)
      const insert = db.prepare('INSERT INTO words (rowid, text) VALUES (?, ?)')
      paths.forEach((path, i) => void insert.run(i, ftsText(path)))
      const rows = db.prepare('SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid').all(query)
      const matches = compileQuery({ words, limit: 1 })
      const found = paths.flatMap((path, i) => (matches({} as SharedEntry, matchText(path)) ? [i] : []))
      assert.deepEqual(
        found,
        rows.map(({ rowid }) => rowid),
      )
    }),
    { numRuns: 300 },
  )
})
