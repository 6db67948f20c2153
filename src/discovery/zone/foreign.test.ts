import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { ZoneSearchRequestSchema, type ZoneSearchResponse } from '../../contract/gen/shoal/v1/zone_pb.ts'
import type { CallContext } from '../../link/rpc.ts'
import { ForeignQueries, type ForeignQuery } from '../foreign-queries.ts'
import { fileEntry } from '../testing/shared-set.ts'
import { makeZoneWorld } from './testing/zone-world.ts'

test('a member of a zone counts what it is asked, and tells of what it looked for', async () => {
  const foreign = new ForeignQueries()
  const told: ForeignQuery[] = []
  foreign.queries.on((query) => told.push(query))
  const world = makeZoneWorld(4, 0, { foreign })
  const [node] = world.nodes as [(typeof world.nodes)[0]]
  for (const { locator } of world.nodes) locator.start()
  await world.run(5000)
  await node.share([fileEntry('blue whale.txt')])
  await world.run(5000)
  const ask = (request: object) => {
    const context = { peerId: 'asker' } as CallContext
    const answers = node.locator.service.search(create(ZoneSearchRequestSchema, request), context)
    return Array.fromAsync(answers as AsyncIterable<ZoneSearchResponse>)
  }
  await ask({ key: 'w:whale', query: { words: 'whale' } })
  await ask({ key: 'w:shark', query: { words: 'shark' } })
  for (const bad of [
    { key: 'whale', query: { words: 'whale' } },
    { key: 'w:whale' },
    { key: 'w:x', query: {} },
  ])
    await assert.rejects(ask(bad), { code: 'INVALID_ARGUMENT' })
  assert.deepEqual(foreign.counts.zone, { received: 5, answered: 1, dropped: 3 })
  assert.deepEqual(
    told.map(({ query, ...facts }) => ({ ...facts, words: query.words })),
    [
      { locator: 'zone', from: 'asker', hits: 1, words: 'whale' },
      { locator: 'zone', from: 'asker', hits: 0, words: 'shark' },
    ],
  )
})
