import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RecentLog } from './recent-log.ts'

function logOf(ids: readonly string[], capacity = 100) {
  const log = new RecentLog<{ id: string }>(capacity)
  for (const id of ids) log.add({ id })
  return log
}

/** All rows, page by page. */
function read(log: RecentLog<{ id: string }>, limit: number): string[] {
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const page = log.page({ limit, cursor })
    assert.ok(page.rows.length > 0 || page.cursor === undefined)
    ids.push(...page.rows.map(({ id }) => id))
    cursor = page.cursor
    assert.ok(ids.length <= 1000, 'it goes round in circles')
  } while (cursor !== undefined)
  return ids
}

test('pages lead through the last rows, the newest first', () => {
  const ids = fc.uniqueArray(fc.uuid(), { maxLength: 40 })
  const sizes = fc.integer({ min: 1, max: 20 })
  fc.assert(
    fc.property(ids, sizes, sizes, (all, capacity, limit) => {
      assert.deepEqual(read(logOf(all, capacity), limit), all.slice(-capacity).reverse())
    }),
  )
})

test('rows that come between two pages move nothing', () => {
  const log = logOf(['a', 'b', 'c'])
  const { cursor } = log.page({ limit: 2 })
  log.add({ id: 'd' })
  assert.deepEqual(log.page({ limit: 2, cursor }), { rows: [{ id: 'a' }] })
})

test('a cursor that is gone, or never was, leads to the end; so does an empty log', () => {
  const log = logOf(['a', 'b', 'c'], 2)
  assert.deepEqual(log.page({ limit: 5, cursor: 'a' }), { rows: [] })
  assert.deepEqual(log.page({ limit: 5, cursor: '../etc' }), { rows: [] })
  log.clear()
  assert.deepEqual(log.page({ limit: 5 }), { rows: [] })
})
