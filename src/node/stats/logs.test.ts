import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import { seededRandom } from '../../base/random.ts'
import type { SearchStory } from '../../discovery/compound.ts'
import { ForeignQueries } from '../../discovery/foreign-queries.ts'
import { DownloadCounts } from './download-counts.ts'
import { peersKnown } from './peers-known.ts'
import { MAX_QUERIES, QueryLog } from './query-log.ts'
import { MAX_SEARCHES, SearchLog } from './search-log.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const report = { hits: 1, messages: 4, ms: 2, asked: 2, bytes: 300 }
const story = (more: Partial<SearchStory> = {}): SearchStory => ({
  ...{ query: { words: 'red fish', sha256: undefined, limit: 100 }, hits: 2, ms: 30.4, reason: 'complete' },
  ...{ via: { library: { ...report, messages: 0 }, flood: report }, queryIds: [], responders: [] },
  ...more,
})

test('a search is told as it went', () => {
  const clock = new ManualClock(50_000)
  const log = new SearchLog(clock, seededRandom(1))
  const row = log.add(story({ queryIds: ['x', 'y'] }))
  assert.deepEqual(row, {
    ...{ id: 'x', queryIds: ['x', 'y'], startedMs: 49_970, query: { words: 'red fish' } },
    ...{ ms: 30.4, hits: 2, reason: 'complete', responders: [] },
    via: { library: { ...report, messages: 0 }, flood: report },
  })
  assert.match(log.add(story()).id, UUID)
  assert.equal(log.searches, 2)
  assert.equal(log.hits, 4)
  assert.deepEqual(Object.fromEntries(log.messages), { flood: 8 })
})

test('what is kept of searches has a bound, whatever peers say', () => {
  const log = new SearchLog(new ManualClock(), seededRandom(1))
  const long = 'x'.repeat(100_000)
  const via = {
    zone: { ...report, problems: Array(1000).fill(long), error: { code: 'BUSY' as const, message: long } },
  }
  const responders = [{ peerId: 'p', name: long, hits: 1, via: ['zone' as const] }]
  for (let i = 0; i < MAX_SEARCHES + 5; i++) log.add(story({ via, responders }))
  const { rows } = log.recent.page({ limit: 1000 })
  assert.equal(rows.length, MAX_SEARCHES)
  assert.ok(JSON.stringify(rows[0]).length < 10_000)
})

function queryLog() {
  const foreign = new ForeignQueries()
  const state = { isWanted: true }
  const clock = new ManualClock(7000)
  const log = new QueryLog({ foreign, isWanted: () => state.isWanted, clock, random: seededRandom(2) })
  return { foreign, state, log }
}

test('queries of others are counted, and kept while they are wanted', () => {
  const { foreign, state, log } = queryLog()
  const flooded = { locator: 'flood', id: 'q1', from: 'n1', hits: 2, ttl: 4, hops: 1, passedOn: 3 } as const
  const zone = { locator: 'zone', from: 'n2', query: { words: 'b', limit: 1 }, hits: 0 } as const
  foreign.received('flood')
  foreign.worked({ ...flooded, query: { words: '<a>', limit: 9 } })
  foreign.received('zone')
  foreign.worked(zone)
  foreign.received('zone')
  foreign.dropped('zone')
  assert.deepEqual(log.counts(), {
    zone: { received: 2, answered: 0, dropped: 1 },
    flood: { received: 1, answered: 1, dropped: 0 },
    dht: { received: 0, answered: 0, dropped: 0 },
  })
  assert.equal(log.received, 3)
  const [second, first] = log.recent.page({ limit: 9 }).rows
  assert.deepEqual(first, { ...flooded, atMs: 7000, query: { words: '<a>' } })
  assert.match(second!.id, UUID)
  state.isWanted = false
  foreign.worked(zone)
  assert.equal(log.recent.page({ limit: 9 }).rows.length, 2)
  log.stop()
  state.isWanted = true
  foreign.worked(zone)
  assert.equal(log.recent.page({ limit: 9 }).rows.length, 2)
})

test('an id that a neighbour uses twice does not hide what is between', () => {
  const { foreign, log } = queryLog()
  const query = { words: 'x', limit: 1 }
  for (const id of ['q', 'r', 'q']) foreign.worked({ locator: 'flood', id, from: 'n', query, hits: 0 })
  const ids = log.recent.page({ limit: 9 }).rows.map(({ id }) => id)
  assert.deepEqual(ids.slice(1), ['r', 'q'])
  assert.match(ids[0]!, UUID)
})

test('a day of queries takes no more memory than a minute', () => {
  const { foreign, log } = queryLog()
  const query = { words: 'x', limit: 1 }
  for (let i = 0; i < 10_000; i++) foreign.worked({ locator: 'flood', from: 'n', query, hits: 0 })
  assert.equal(log.recent.page({ limit: 1e6 }).rows.length, MAX_QUERIES)
})

test('each end of a download counts once', () => {
  const counts = new DownloadCounts()
  const table = [
    ['a', 'queued'],
    ['a', 'running'],
    ['a', 'done'],
    // Told again, as after a change of the list.
    ['a', 'done'],
    ['b', 'running'],
    ['b', 'failed'],
    // Somebody tries once more.
    ['b', 'running'],
    ['b', 'failed'],
    ['c', 'running'],
    ['c', 'cancelled'],
    // Ended in an earlier run.
    ['d', 'done'],
  ] as const
  for (const [id, state] of table) counts.note({ id, state })
  counts.note({ id: 'e', state: 'running', files: { done: 1, total: 12 } })
  counts.note({ id: 'e', state: 'done', files: { done: 12, total: 12 } })
  assert.deepEqual([counts.done, counts.failed, counts.files], [2, 2, 13])
})

test('known peers are those of both lists, without who is gone', () => {
  const book = [{ peerId: 'a' }, { peerId: 'b' }, { peerId: 'c' }]
  const watched = [
    { state: 'alive', record: { peerId: 'a' } },
    { state: 'suspect', record: { peerId: 'd' } },
    { state: 'dead', record: { peerId: 'b' } },
    { state: 'left', record: { peerId: 'e' } },
  ] as const
  assert.equal(peersKnown(book, watched), 3)
  assert.equal(peersKnown([], []), 0)
})
