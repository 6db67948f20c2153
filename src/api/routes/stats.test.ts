import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TSchema } from 'typebox'
import Value from 'typebox/value'
import { QueryLogPage, SearchLogPage, Stats } from '../schemas/stats.ts'
import { fetchDocumented } from '../testing/documented.ts'
import { QUERY, SEARCH, STATS } from '../testing/fake-stats.ts'
import { BEARER, send, startApi } from '../testing/start-api.ts'

test('figures are open to all, and both logs to the owner only, as they are promised', async (t) => {
  const { url } = await startApi(t)
  const table: [path: string, schema: TSchema, answer: object, isOpen: boolean][] = [
    ['stats', Stats, { ...STATS, now: { ...STATS.now, eventReaders: 0 } }, true],
    ['stats/searches', SearchLogPage, { searches: [SEARCH] }, false],
    ['stats/queries', QueryLogPage, { queries: [QUERY] }, false],
  ]
  for (const [path, schema, wanted, isOpen] of table) {
    const { status, body } = await send(`${url}/api/v1/${path}`, { headers: BEARER })
    assert.equal(status, 200)
    const answer = JSON.parse(body)
    assert.deepEqual(answer, wanted)
    assert.ok(Value.Check(schema, answer), JSON.stringify([...Value.Errors(schema, answer)]))
    assert.equal((await send(`${url}/api/v1/${path}`)).status, isOpen ? 200 : 401, path)
  }
})

test('no word of a search is in the figures', async (t) => {
  const { url } = await startApi(t)
  assert.doesNotMatch((await send(`${url}/api/v1/stats`)).body, /fish|thing/)
})

test('who reads events is counted', async (t) => {
  const { url } = await startApi(t)
  const reader = new AbortController()
  await fetchDocumented(`${url}/api/v1/events`, { signal: reader.signal })
  const { now } = JSON.parse((await send(`${url}/api/v1/stats`)).body)
  assert.equal(now.eventReaders, 1)
  reader.abort()
})

test('pages go on where the last one ended; what is no page is refused', async (t) => {
  const { url, node } = await startApi(t)
  const ids = ['a', 'b', 'c']
  node.stats.searched = ids.map((id) => ({ ...SEARCH, id }))
  const read = async (query: string) => {
    const { status, body } = await send(`${url}/api/v1/stats/searches?${query}`, { headers: BEARER })
    return { status, ...JSON.parse(body) }
  }
  const first = await read('limit=2')
  assert.equal(first.cursor, 'b')
  assert.deepEqual(await read('limit=2&cursor='), first, 'an empty one is the beginning, as in all lists')
  const second = await read(`limit=2&cursor=${first.cursor}`)
  assert.deepEqual(
    second.searches.map(({ id }: { id: string }) => id),
    ['c'],
  )
  assert.equal(second.cursor, undefined)
  for (const bad of ['limit=0', 'limit=201', 'limit=x', `cursor=${'x'.repeat(65)}`, 'offset=1']) {
    const { status, code } = await read(bad)
    assert.deepEqual([status, code], [400, 'INVALID_ARGUMENT'], bad)
  }
})
