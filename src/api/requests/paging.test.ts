import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type PageKey, pageOf, wordsOf } from './paging.ts'

const pages = (rows: readonly PageKey[], limit: number) => {
  const found: PageKey[][] = []
  let cursor: string | undefined
  do {
    const page = pageOf(rows, (row) => row, { limit, cursor })
    found.push(page.rows)
    cursor = page.cursor
  } while (cursor)
  return found
}
const anyRows = fc.uniqueArray(fc.record({ atMs: fc.nat(5), id: fc.string() }), { selector: ({ id }) => id })

test('pages together are all rows, each once, the newest first', () => {
  fc.assert(
    fc.property(anyRows, fc.integer({ min: 1, max: 5 }), (rows, limit) => {
      const found = pages(rows, limit)
      assert.ok(found.every((page) => page.length <= limit))
      const flat = found.flat()
      assert.deepEqual(new Set(flat), new Set(rows))
      assert.equal(flat.length, rows.length)
      assert.deepEqual(
        flat,
        flat.toSorted((a, b) => b.atMs - a.atMs),
      )
    }),
  )
})

test('a page begins behind where the one before ended, also when rows have come and gone', () => {
  const row = (atMs: number) => ({ atMs, id: `r${atMs}` })
  const keyOf = (each: PageKey) => each
  const { cursor } = pageOf([row(3), row(2), row(1)], keyOf, { limit: 2 })
  assert.deepEqual(pageOf([row(9), row(3), row(1), row(0)], keyOf, { cursor }).rows, [row(1), row(0)])
})

test('without options the rows as they are; cursors that are none are refused', () => {
  const rows = [
    { atMs: 1, id: 'b' },
    { atMs: 5, id: 'a' },
  ]
  assert.deepEqual(
    pageOf(rows, (row) => row, {}),
    { rows },
  )
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (cursor) => {
      assert.throws(() => pageOf(rows, (row) => row, { cursor }), { code: 'INVALID_ARGUMENT' })
    }),
  )
})

test('words of a list', () => {
  assert.deepEqual(wordsOf('state', ['b', ' a '], ['a', 'b']), ['b', 'a'])
  for (const words of [[], [''], ['a', 'c']])
    assert.throws(() => wordsOf('state', words, ['a', 'b']), {
      code: 'INVALID_ARGUMENT',
      message: /state.*a, b/,
    })
})
