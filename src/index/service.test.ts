import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { silentLogger } from '../base/log.ts'
import { systemRandom } from '../base/random.ts'
import { cidFromBytes, cidToBytes } from '../content/cid.ts'
import { entryFromWire, entryToWire } from '../content/entry-wire.ts'
import { IndexService } from '../contract/gen/shoal/v1/index_pb.ts'
import { createIdentity, type Identity } from '../link/identity.ts'
import { LinkPool } from '../link/pool.ts'
import type { IndexOptions } from './options.ts'
import { IndexServer } from './server.ts'
import { bigEntry, fileEntry, streamOf, temporaryFolder } from './test-world.ts'

async function serve(t: TestContext, options: Partial<IndexOptions> = {}) {
  const { folder, remove } = temporaryFolder()
  const pools: LinkPool[] = []
  const server = await IndexServer.open({
    dataDir: folder,
    identity: createIdentity(),
    grpcHost: '127.0.0.1',
    grpcPort: 0,
    clock: systemClock,
    log: silentLogger,
    options,
  })
  t.after(async () => {
    await Promise.all(pools.map((pool) => pool.close()))
    await server.stop()
    remove()
  })
  const connect = (identity: Identity = createIdentity()) => {
    const pool = new LinkPool({ identity, log: silentLogger, clock: systemClock, random: systemRandom })
    pools.push(pool)
    const client = pool.connect(IndexService, { addresses: [`127.0.0.1:${server.grpc.port}`] })
    return { peerId: identity.peerId, client, leave: () => pool.close() }
  }
  return { server, folder, connect }
}

const LOGIN = { name: 'ann', addresses: ['192.0.2.7:9081'], version: '1.0', grpcPort: 4242 }

test('a peer registers, another one finds its files and where they are', async (t) => {
  const { connect } = await serve(t)
  const [ann, bob] = [connect(), connect()]
  const answer = await ann.client.login(LOGIN)
  assert.equal(answer.heartbeatIntervalMs, 5000)
  assert.equal(answer.leaseMs, 15_000)
  assert.equal(answer.revision, '')
  assert.equal(answer.observedHost, '127.0.0.1')
  const files = [fileEntry('Music/Été.flac'), bigEntry('Films/Été.mkv')]
  const broken = { ...entryToWire(files[0]!), cid: Uint8Array.of(1, 2, 3) }
  const acks = await Array.fromAsync(
    ann.client.publish(
      streamOf([
        { entries: [entryToWire(files[0]!), broken], replace: true },
        { entries: [entryToWire(files[1]!)], revision: 'r1' },
      ]),
    ),
  )
  assert.deepEqual(
    acks.map(({ stored, refused }) => [stored, refused]),
    [
      [1, 1],
      [1, 0],
    ],
  )
  assert.match(acks[0]!.reason, /CID/)
  const hits = await Array.fromAsync(bob.client.search({ query: { words: 'été' } }))
  assert.deepEqual(
    hits.map((hit) => entryFromWire(hit.entry!).path).sort(),
    files.map((file) => file.path).sort(),
  )
  for (const { providers } of hits) {
    assert.deepEqual(
      providers.map(({ peerId, name, addresses }) => ({ peerId, name, addresses })),
      [{ peerId: ann.peerId, name: 'ann', addresses: ['127.0.0.1:4242', '192.0.2.7:9081'] }],
    )
  }
  const { providers } = await bob.client.getProviders({ cid: cidToBytes(files[1]!.cid) })
  assert.deepEqual(
    providers.map((provider) => provider.peerId),
    [ann.peerId],
  )
  await bob.client.login({ ...LOGIN, name: 'bob' })
  const page = await bob.client.listPeers({ limit: 1 })
  const rest = await bob.client.listPeers({ limit: 1, cursor: page.cursor })
  assert.equal(rest.cursor, '')
  const peers = [...page.peers, ...rest.peers]
  assert.deepEqual(
    peers.map((peer) => peer.peer!.peerId),
    [ann.peerId, bob.peerId].sort(),
  )
  assert.equal(peers.find((peer) => peer.peer!.name === 'ann')!.entries, 2n)
  const key = { cid: cidToBytes(files[1]!.cid), path: files[1]!.path }
  const removed = await Array.fromAsync(ann.client.withdraw(streamOf([{ keys: [key], revision: 'r2' }])))
  assert.deepEqual(
    removed.map((each) => each.removed),
    [1],
  )
  assert.equal((await ann.client.login(LOGIN)).revision, 'r2')
  const left = await Array.fromAsync(bob.client.search({ query: { words: 'été' } }))
  assert.deepEqual(
    left.map((hit) => cidFromBytes(hit.entry!.cid)),
    [files[0]!.cid],
  )
})

test('nobody acts for another peer, and nobody publishes without a session', async (t) => {
  const { connect } = await serve(t)
  const [ann, eve] = [connect(), connect()]
  await ann.client.login(LOGIN)
  const entry = fileEntry('thing')
  await Array.fromAsync(ann.client.publish(streamOf([{ entries: [entryToWire(entry)], replace: true }])))
  await assert.rejects(eve.client.heartbeat({}), { code: 'NOT_FOUND' })
  const batch = { entries: [entryToWire(fileEntry('forged'))] }
  await assert.rejects(Array.fromAsync(eve.client.publish(streamOf([batch]))), { code: 'CONFLICT' })
  const key = { cid: cidToBytes(entry.cid), path: entry.path }
  await assert.rejects(Array.fromAsync(eve.client.withdraw(streamOf([{ keys: [key] }]))), {
    code: 'CONFLICT',
  })
  // With a session of her own she still reaches only what is hers, whatever she claims to be called.
  await eve.client.login({ ...LOGIN, name: ann.peerId })
  const removed = await Array.fromAsync(eve.client.withdraw(streamOf([{ keys: [key] }])))
  assert.deepEqual(
    removed.map((each) => each.removed),
    [0],
  )
  await Array.fromAsync(eve.client.publish(streamOf([{ entries: [], replace: true, revision: 'mine' }])))
  await eve.client.logout({})
  assert.equal((await ann.client.heartbeat({})).peers, 1)
  const [hit] = await Array.fromAsync(eve.client.search({ query: { cid: cidToBytes(entry.cid) } }))
  assert.deepEqual(
    hit?.providers.map((provider) => provider.peerId),
    [ann.peerId],
  )
})

test('a peer that breaks off in the middle of a publication leaves what was there before', async (t) => {
  const { connect, server } = await serve(t)
  const identity = createIdentity()
  const [ann, bob] = [connect(identity), connect()]
  await ann.client.login(LOGIN)
  const publish = (path: string, revision: string) => ({
    entries: [entryToWire(fileEntry(path))],
    replace: true,
    revision,
  })
  await Array.fromAsync(ann.client.publish(streamOf([publish('thing old', 'old')])))
  const never = new Promise<never>(() => {})
  const requests = async function* () {
    yield publish('thing new', 'new')
    await never
  }
  for await (const ack of ann.client.publish(requests())) {
    assert.equal(ack.stored, 1)
    await ann.leave()
    break
  }
  const paths = async () => {
    const hits = await Array.fromAsync(bob.client.search({ query: { words: 'thing' } }))
    return hits.map((hit) => hit.entry!.path)
  }
  assert.deepEqual(await paths(), ['thing old'])
  const again = connect(identity)
  assert.equal((await again.client.login(LOGIN)).revision, 'old')
  while (((await server.registry.getDebugState()).publications as number) > 0) {}
  assert.deepEqual(await paths(), ['thing old'])
})

test('senseless requests are refused with the code that says why', async (t) => {
  const { connect } = await serve(t)
  const { client } = connect()
  const search = (query: object | undefined) => Array.fromAsync(client.search(query ? { query } : {}))
  await assert.rejects(search(undefined), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(search({}), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(search({ cid: Uint8Array.of(9) }), { code: 'INVALID_CID' })
  await assert.rejects(search({ sha256: Uint8Array.of(9) }), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(client.getProviders({ cid: Uint8Array.of(9) }), { code: 'INVALID_CID' })
  await assert.rejects(client.listPeers({ cursor: 'x' }), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(client.login({ ...LOGIN, addresses: ['http://x'] }), { code: 'INVALID_ARGUMENT' })
  await client.login(LOGIN)
  const entries = Array.from({ length: 1001 }, (_, i) => entryToWire(fileEntry(`f${i}`)))
  await assert.rejects(Array.fromAsync(client.publish(streamOf([{ entries }]))), { code: 'INVALID_ARGUMENT' })
})

test('a second server on the same folder is refused, and the next one goes on where the first ended', async (t) => {
  const { server, folder, connect } = await serve(t)
  const identity = createIdentity()
  const { client } = connect(identity)
  await client.login(LOGIN)
  await Array.fromAsync(
    client.publish(streamOf([{ entries: [entryToWire(fileEntry('thing'))], replace: true, revision: 'r1' }])),
  )
  const open = (grpcPort: number) =>
    IndexServer.open({
      dataDir: folder,
      identity: createIdentity(),
      grpcHost: '127.0.0.1',
      grpcPort,
      clock: systemClock,
      log: silentLogger,
    })
  await assert.rejects(open(0), { code: 'CONFLICT' })
  await server.stop()
  const next = await open(server.grpc.port)
  try {
    const again = connect(identity)
    assert.equal((await again.client.heartbeat({})).peers, 1)
    assert.equal((await Array.fromAsync(again.client.search({ query: { words: 'thing' } }))).length, 1)
  } finally {
    await next.stop()
  }
})
