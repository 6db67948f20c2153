import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { silentLogger } from '../base/log.ts'
import { systemRandom } from '../base/random.ts'
import { BLOCK_SIZE } from '../content/cid.ts'
import { loadIdentity } from '../link/identity.ts'
import { LinkPool } from '../link/pool.ts'
import type { Road } from '../link/roads.ts'
import { content, countBlocks, TestWorld } from './testing/world.ts'

const world = new TestWorld()
after(() => world.close())

test('a download goes over to a better road: no block is lost, none comes twice, and the peer is not blamed', async () => {
  const bytes = content(24 * BLOCK_SIZE + 5, 9)
  const sent: number[] = []
  let streams = 0
  let road: Road = 'relayed'
  const peer = await world.peer('far', {
    twist: (service) =>
      countBlocks(sent)({
        ...service,
        getBlocks: async function* (requests, context) {
          streams++
          for await (const message of service.getBlocks(requests, context)) {
            yield message
            // In the middle of the first stream a better road opens; while blocks are still asked for on the old one.
            if (sent.length === 6) road = 'direct'
            if (streams === 1) await new Promise((resolve) => setTimeout(resolve, 20))
          }
        },
      }),
  })
  const { cid } = await peer.share('far.bin', bytes)
  const identity = await loadIdentity(join(world.folder, 'near-identity'))
  const pool = new LinkPool({ identity, log: silentLogger, clock: systemClock, random: systemRandom })
  world.defer(() => pool.close())
  const connect: LinkPool['connect'] = (service, target) =>
    Object.assign(pool.connect(service, target), { road: () => road })
  const fetcher = await world.fetcher('near', {
    providers: [peer.provider],
    options: { initialWindowBytes: 4 * BLOCK_SIZE, maxWindowBytes: 4 * BLOCK_SIZE },
    setup: { pool: { connect } },
  })
  const roads = new Set<string>()
  fetcher.downloads.changes.on(({ activeSources }) => {
    for (const source of activeSources) roads.add(source.road)
  })
  const view = await fetcher.end((await fetcher.downloads.add({ cid, name: 'far.bin' })).id)
  assert.equal(view.state, 'done', view.error?.message)
  assert.deepEqual(readFileSync(view.path), Buffer.from(bytes))
  assert.equal(streams, 2)
  assert.ok(roads.has('relayed'), [...roads].join())
  assert.deepEqual(
    [...sent].sort((a, b) => a - b),
    [...sent.keys()],
  )
  assert.deepEqual(view.dropped, [])
})
