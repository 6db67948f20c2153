import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SearchEvent } from '../api/node-port.ts'
import { NodeMetrics } from './metrics.ts'
import { watchSearch } from './search-watch.ts'

const report = (ms: number) => ({ hits: 0, messages: 0, ms, asked: 0, bytes: 0 })
const done: SearchEvent = {
  ...{ type: 'done', hits: 0, ms: 30, reason: 'complete' },
  via: { index: report(20), dht: report(30) },
}

test('the end of a search is noted, and passed on', async () => {
  const metrics = new NodeMetrics()
  async function* search() {
    yield done
  }
  const seen = await Array.fromAsync(watchSearch(search(), (event) => metrics.searched(event)))
  assert.deepEqual(seen, [done])
  assert.deepEqual(
    metrics.searches.rows().map(({ labels, sum }) => [...labels, sum]),
    [
      ['index', 0.02],
      ['dht', 0.03],
    ],
  )
})

test('leaving while an event is awaited leaves the search at once', async () => {
  let left = false
  const search: AsyncIterable<SearchEvent> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => undefined),
      return: async () => {
        left = true
        return { value: undefined, done: true }
      },
    }),
  }
  const reader = watchSearch(search, () => assert.fail('it has no end'))[Symbol.asyncIterator]()
  void reader.next()
  await reader.return?.()
  assert.ok(left)
})
