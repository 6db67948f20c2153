import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import {
  GetStatsResponseSchema,
  ListQueriesResponseSchema,
  ListSearchesResponseSchema,
  NodeService,
} from '../../contract/gen/shoal/v1/node_pb.ts'
import type { CallContext } from '../../link/rpc.ts'
import { FakeNode } from '../testing/fake-node.ts'
import { QUERY, SEARCH, STATS } from '../testing/fake-stats.ts'
import { TOKEN } from '../testing/start-api.ts'
import { nodeServiceImpl } from './control.ts'

const context: CallContext = {
  ...{ peerId: 'caller', remoteAddress: '127.0.0.1', remotePort: 1, signal: new AbortController().signal },
  header: () => `Bearer ${TOKEN}`,
}
const { getStats, listSearches, listQueries } = NodeService.method

/** What goes over the wire must fit its message. */
const fits = <S extends Parameters<typeof create>[0]>(schema: S, value: MessageInitShape<S>) =>
  assert.ok(toBinary(schema, create(schema, value)) instanceof Uint8Array)

test('figures and logs fit their messages, and say what REST says', async () => {
  const service = nodeServiceImpl(new FakeNode(), TOKEN)
  const figures = await service.getStats(create(getStats.input), context)
  fits(GetStatsResponseSchema, figures)
  assert.deepEqual(figures.stats, STATS)
  const searches = await service.listSearches(create(listSearches.input), context)
  fits(ListSearchesResponseSchema, searches)
  assert.deepEqual(searches, { searches: [SEARCH], cursor: '' })
  const queries = await service.listQueries(create(listQueries.input), context)
  fits(ListQueriesResponseSchema, queries)
  assert.deepEqual(queries, { queries: [QUERY], cursor: '' })
})

test('pages go on where the last one ended', async () => {
  const node = new FakeNode()
  node.stats.searched = Array.from({ length: 300 }, (_, i) => ({ ...SEARCH, id: `${i}` }))
  const service = nodeServiceImpl(node, TOKEN)
  const page = async (limit: number, cursor = '') => {
    const answer = await service.listSearches(create(listSearches.input, { limit, cursor }), context)
    return { rows: answer.searches!.length, cursor: answer.cursor }
  }
  assert.deepEqual(await page(0), { rows: 50, cursor: '49' })
  assert.deepEqual(await page(4_000_000_000, '49'), { rows: 200, cursor: '249' })
  assert.deepEqual(await page(200, '249'), { rows: 50, cursor: '' })
})
