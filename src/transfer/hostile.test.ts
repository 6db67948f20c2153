import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { silentLogger } from '../base/log.ts'
import { systemRandom } from '../base/random.ts'
import { BLOCK_SIZE, cidToBytes } from '../content/cid.ts'
import { type GetBlocksResponse, PeerService } from '../contract/gen/shoal/v1/peer_pb.ts'
import { loadIdentity } from '../link/identity.ts'
import { LinkPool } from '../link/pool.ts'
import type { Client } from '../link/rpc.ts'
import type { BlocksRequest } from './line/channel.ts'
import type { PeerServiceImpl } from './ports.ts'
import { content, type TestPeer, TestWorld, twistBlocks } from './testing/world.ts'

const world = new TestWorld()
after(() => world.close())

const bytes = content(6 * BLOCK_SIZE + 9, 1)
let honest: TestPeer
let cid: string

before(async () => {
  honest = await world.peer('honest')
  cid = (await honest.share('f', bytes)).cid
})

/** Servers that do what they must not; each one is named, and the honest one serves all. */
const servers: Record<string, { twist: (service: PeerServiceImpl) => PeerServiceImpl; reason: RegExp }> = {
  'a manifest of garbage': {
    twist: (service) => ({
      ...service,
      getManifest: async function* () {
        yield { node: content(1000, 9) }
      },
    }),
    reason: /wrong manifest/,
  },
  'a manifest without end': {
    twist: (service) => ({
      ...service,
      getManifest: async function* (request, context) {
        for await (const message of service.getManifest(request, context)) for (;;) yield message
      },
    }),
    reason: /wrong manifest/,
  },
  'a block that is too large': {
    twist: twistBlocks(function* (message) {
      if (message.response?.case !== 'block') return yield message
      yield {
        response: {
          case: 'block',
          value: { index: message.response.value.index ?? 0, data: content(BLOCK_SIZE + 1, 2) },
        },
      }
    }),
    reason: /too large/,
  },
  'blocks that nobody asked for': {
    twist: twistBlocks(function* (message) {
      if (message.response?.case === 'opened')
        yield { response: { case: 'block', value: { index: 6, data: content(9, 3) } } }
      yield message
    }),
    reason: /not asked for/,
  },
  'a block that does not exist': {
    twist: twistBlocks(function* (message) {
      yield message
      yield { response: { case: 'block', value: { index: 4_000_000_000, data: content(9, 3) } } }
    }),
    reason: /not asked for/,
  },
  'endless news of blocks': {
    twist: twistBlocks(function* (message) {
      yield message
      if (message.response?.case === 'opened')
        for (;;) yield { response: { case: 'have', value: { indices: [0, 1, 2] } } }
    }),
    reason: /cannot be/,
  },
  'endless small talk': {
    twist: twistBlocks(function* (message) {
      yield message
      for (let position = 1; ; position++) yield { response: { case: 'queued', value: { position } } }
    }),
    reason: /talks/,
  },
  'empty parts': {
    twist: twistBlocks(function* (message) {
      if (message.response?.case !== 'block') return yield message
      yield {
        response: {
          case: 'block',
          value: { index: message.response.value.index ?? 0, data: new Uint8Array() },
        },
      }
    }),
    reason: /empty part/,
  },
  'parts out of order': {
    twist: twistBlocks(function* (message) {
      if (message.response?.case !== 'block') return yield message
      yield { response: { case: 'block', value: { ...message.response.value, offset: 77 } } }
    }),
    reason: /out of order/,
  },
  'a bitmap of a wrong length': {
    twist: twistBlocks(function* (message) {
      if (message.response?.case !== 'opened') return yield message
      yield { response: { case: 'opened', value: { bitmap: new Uint8Array(1_000_000) } } }
    }),
    reason: /bitmap/,
  },
  'refusals of what was not asked': {
    twist: twistBlocks(function* (message) {
      yield message
      yield { response: { case: 'missing', value: { indices: [999] } } }
    }),
    reason: /not asked for/,
  },
}

for (const [what, { twist, reason }] of Object.entries(servers)) {
  test(`a server that sends ${what} is banned`, async () => {
    const hostile = await world.peer(`hostile ${what}`, { twist })
    await hostile.share('f', bytes)
    let providers = [hostile.provider]
    const fetcher = await world.fetcher(`victim of ${what}`, { providers: () => providers })
    const { id } = await fetcher.downloads.add({ cid })
    await fetcher.until(id, (view) => view.dropped.length > 0)
    providers = [hostile.provider, honest.provider]
    const view = await fetcher.end(id)
    assert.equal(view.state, 'done', view.error?.message)
    assert.deepEqual(readFileSync(view.path), Buffer.from(bytes))
    assert.deepEqual(
      view.dropped.map(({ peerId }) => peerId),
      [hostile.provider.peerId],
    )
    assert.match(view.dropped[0]!.reason, reason)
  })
}

test('a banned peer is left alone by the next download too', async () => {
  const hostile = await world.peer('hostile', { twist: servers['empty parts']!.twist })
  await hostile.share('f', bytes)
  const other = (await hostile.share('g', content(BLOCK_SIZE + 1, 4))).cid
  const fetcher = await world.fetcher('twice', {
    providers: [hostile.provider],
    options: { resolveTimeoutMs: 300 },
  })
  const { id } = await fetcher.downloads.add({ cid })
  await fetcher.until(id, (view) => view.dropped.length > 0)
  const second = await fetcher.end((await fetcher.downloads.add({ cid: other })).id)
  assert.equal(second.error?.code, 'NO_PROVIDERS')
})

/** A client of its own making. */
async function callPeer(peer: TestPeer): Promise<Client<typeof PeerService>> {
  const identity = await loadIdentity(join(world.folder, `caller ${Math.random()}`))
  const pool = new LinkPool({ identity, log: silentLogger, clock: systemClock, random: systemRandom })
  world.defer(() => pool.close())
  return pool.connect(PeerService, peer.provider)
}

async function* say(
  requests: BlocksRequest[],
  end = new Promise<void>(() => {}),
): AsyncGenerator<BlocksRequest> {
  yield* requests
  await end
}

const open = (): BlocksRequest => ({ request: { case: 'open', value: { cid: cidToBytes(cid) } } })
const want = (indices: number[]): BlocksRequest => ({ request: { case: 'want', value: { indices } } })

async function readAll(responses: AsyncIterable<GetBlocksResponse>): Promise<GetBlocksResponse[]> {
  const all: GetBlocksResponse[] = []
  for await (const response of responses) all.push(response)
  return all
}

test('requests against the contract end the stream', async () => {
  const client = await callPeer(honest)
  const many = Array.from({ length: 5000 }, (_, i) => i % 7)
  const wrong: [BlocksRequest[], string][] = [
    [[open(), open()], 'INVALID_ARGUMENT'],
    [[open(), want([7])], 'INVALID_ARGUMENT'],
    [[open(), want(many)], 'INVALID_ARGUMENT'],
  ]
  for (const [requests, code] of wrong)
    await assert.rejects(readAll(client.getBlocks(say(requests))), { code })
  assert.deepEqual(honest.slots.snapshot().active, [])
})

test('a file that is not there is refused, and the others on the line go on', async () => {
  const client = await callPeer(honest)
  const end = Promise.withResolvers<void>()
  const said: [number, unknown][] = []
  const requests = [
    { file: 1, request: { case: 'open', value: { cid: new Uint8Array(5) } } },
    { file: 2, request: { case: 'open', value: { cid: cidToBytes(`bafkrei${'a'.repeat(51)}q`) } } },
    { file: 3, request: { case: 'open', value: { cid: cidToBytes(cid) } } },
    { file: 3, request: { case: 'want', value: { indices: [6] } } },
  ] satisfies BlocksRequest[]
  for await (const { file, response } of client.getBlocks(say(requests, end.promise))) {
    said.push([file, response.case === 'refused' ? response.value.code : response.case])
    if (said.length === 4) end.resolve()
  }
  assert.deepEqual(said, [
    [1, 'INVALID_CID'],
    [2, 'NOT_FOUND'],
    [3, 'opened'],
    [3, 'block'],
  ])
})

test('more streams than a peer may have wait or are refused, and others still get their turn', async () => {
  const peer = await world.peer('few', {
    serve: { slots: 2, slotsPerPeer: 1, maxQueued: 10, maxQueuedPerPeer: 2 },
  })
  await peer.share('f', bytes)
  const greedy = await callPeer(peer)
  const ends = Array.from({ length: 4 }, () => Promise.withResolvers<void>())
  const streams = ends.map(({ promise }) => greedy.getBlocks(say([open()], promise))[Symbol.asyncIterator]())
  const next = async (stream: AsyncIterator<GetBlocksResponse>) => {
    const { response } = (await stream.next()).value!
    if (response.case === 'queued') return response.value.position
    return response.case === 'refused' ? response.value.code : response.case
  }
  assert.equal(await next(streams[0]!), 'opened')
  assert.deepEqual([await next(streams[1]!), await next(streams[1]!)], ['opened', 1])
  assert.deepEqual([await next(streams[2]!), await next(streams[2]!)], ['opened', 2])
  assert.equal(await next(streams[3]!), 'BUSY')
  const other = await callPeer(peer)
  const end = Promise.withResolvers<void>()
  const stream = other.getBlocks(say([open(), want([6])], end.promise))[Symbol.asyncIterator]()
  assert.deepEqual([await next(stream), await next(stream)], ['opened', 'block'])
  // The one in the queue moves up when the one before it is done.
  ends[0]!.resolve()
  assert.equal((await streams[0]!.next()).done, true)
  assert.equal(await next(streams[1]!), 0)
  assert.equal(await next(streams[2]!), 1)
  for (const { resolve } of [...ends, end]) resolve()
})

test('a file that changed is not sent, and the library hears of it', async () => {
  const peer = await world.peer('edited')
  const edited = content(3 * BLOCK_SIZE, 8)
  const shared = await peer.share('e', edited)
  const { absPath } = peer.catalogue.find(shared.cid)!
  const { writeFileSync, utimesSync } = await import('node:fs')
  const now = Uint8Array.from(edited)
  now[BLOCK_SIZE + 5]! ^= 1
  writeFileSync(absPath, now)
  utimesSync(absPath, 1, 1)
  const client = await callPeer(peer)
  const end = Promise.withResolvers<void>()
  const opening: BlocksRequest = { request: { case: 'open', value: { cid: cidToBytes(shared.cid) } } }
  const missing: number[] = []
  const got: number[] = []
  for await (const { response } of client.getBlocks(say([opening, want([0, 1, 2])], end.promise))) {
    if (response.case === 'missing') missing.push(...response.value.indices)
    if (response.case === 'block' && response.value.offset === 0) got.push(response.value.index)
    if (missing.length + got.length === 3) end.resolve()
  }
  // What is still right is sent all the same.
  assert.deepEqual([got, missing], [[0, 2], [1]])
  assert.deepEqual(peer.stale, [absPath])
})

test('hello and search', async () => {
  const client = await callPeer(honest)
  const { name, files, sizeBytes } = await client.hello({})
  assert.deepEqual([name, files, sizeBytes], ['honest', 1n, BigInt(bytes.length)])
  const found: string[] = []
  for await (const { entry } of client.searchShared({ query: { words: 'f' } })) found.push(entry!.name)
  assert.deepEqual(found, ['f'])
  await assert.rejects(
    async () => {
      for await (const _ of client.searchShared({}));
    },
    { code: 'INVALID_ARGUMENT' },
  )
})
