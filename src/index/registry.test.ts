import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { IndexOptions } from './options.ts'
import { bigEntry, fileEntry, folderEntry, IndexWorld, NOBODY, testPeerId } from './test-world.ts'

async function open(t: TestContext, options: Partial<IndexOptions> = {}): Promise<IndexWorld> {
  const world = await IndexWorld.open(options)
  t.after(() => world.close())
  return world
}

test('what is published is found by word, prefix, phrase, SHA-256 and CID, until it is withdrawn', async (t) => {
  const world = await open(t)
  const ann = await world.login('ann')
  const song = fileEntry("Music/Été 数据 (final) 'v2' #1?.bin")
  const film = bigEntry('Films/Final cut.mkv')
  const folder = folderEntry('Films')
  const acks = await world.replace(ann, [song, film, folder])
  assert.deepEqual(acks, [{ stored: 3, refused: 0, reason: '' }])
  for (const words of ['été', 'ete', '数据', '据', 'final v2', 'MUSIC', 'fin* v2']) {
    assert.ok((await world.paths(words)).includes(song.path) || words === 'fin* v2', words)
  }
  assert.deepEqual(await world.paths('final'), [film.path, song.path].sort())
  assert.deepEqual(await world.paths('v2 fin*'), [song.path])
  assert.deepEqual(await world.paths('fin'), [])
  assert.deepEqual(await world.paths('!?'), [])
  for (const entry of [song, film]) {
    for (const query of [
      { sha256: entry.sha256! },
      { sha256: entry.sha256!.toUpperCase() },
      { cid: entry.cid },
    ]) {
      const [hit, ...more] = await world.registry.search(query, NOBODY)
      assert.deepEqual(hit?.entry, entry)
      assert.deepEqual(hit?.providers, [{ peerId: ann, name: 'ann', addresses: ['192.0.2.1:9081'] }])
      assert.equal(more.length, 0)
    }
  }
  const [hit] = await world.registry.search({ cid: folder.cid }, NOBODY)
  assert.deepEqual(hit?.entry, folder)
  assert.equal((await world.registry.search({ cid: film.cid, words: 'cut' }, NOBODY)).length, 1)
  assert.equal((await world.registry.search({ cid: film.cid, words: 'uncut' }, NOBODY)).length, 0)
  assert.equal((await world.registry.search({ cid: film.cid, sha256: song.sha256! }, NOBODY)).length, 0)
  assert.deepEqual(await world.withdraw(ann, [film, film]), [1])
  assert.deepEqual(await world.paths('final'), [song.path])
  assert.equal((await world.registry.search({ sha256: film.sha256! }, NOBODY)).length, 0)
  assert.equal(world.registry.stats().entries, 2)
})

test('hits are merged by CID with all peers that have it, whatever they call it', async (t) => {
  const world = await open(t)
  const names = Array.from({ length: 120 }, (_, i) => `peer${i}`)
  const peers = await Promise.all(names.map((name) => world.login(name)))
  await Promise.all(
    peers.map((peer, i) => world.replace(peer, [fileEntry(i % 2 ? 'shared thing' : 'other name', 'same')])),
  )
  const [hit, ...more] = await world.registry.search({ words: 'shared' }, NOBODY)
  assert.equal(more.length, 0)
  assert.equal(hit!.providers.length, 50)
  assert.equal(new Set(hit!.providers.map((provider) => provider.peerId)).size, 50)
  const { cid } = hit!.entry
  const all = await world.registry.providers({ cid, limit: 1000 }, NOBODY)
  assert.deepEqual(all.map((provider) => provider.peerId).sort(), [...peers].sort())
  assert.notDeepEqual(
    all.map((provider) => provider.peerId),
    (await world.registry.providers({ cid, limit: 1000 }, NOBODY)).map((provider) => provider.peerId),
  )
  assert.equal((await world.registry.providers({ cid }, NOBODY)).length, 50)
  assert.equal((await world.registry.providers({ cid, limit: 3 }, NOBODY)).length, 3)
  // A handful of those who are left must be found among many who are not.
  for (const peer of peers.slice(3)) await world.registry.logout(peer)
  const left = await world.registry.providers({ cid }, NOBODY)
  assert.deepEqual(left.map((provider) => provider.peerId).sort(), peers.slice(0, 3).sort())
})

test('a session lasts as long as heartbeats come; then nothing of the peer is found, and a login brings it back', async (t) => {
  const world = await open(t)
  const ann = await world.login('ann')
  await world.replace(ann, [fileEntry('a thing')], 'rev-7')
  for (let i = 0; i < 4; i++) {
    await world.clock.advance(14_000)
    assert.deepEqual(world.registry.heartbeat(ann), { leaseMs: 15_000, peers: 1 })
  }
  await world.clock.advance(14_999)
  assert.deepEqual(await world.paths('thing'), ['a thing'])
  await world.clock.advance(1)
  assert.deepEqual(await world.paths('thing'), [])
  assert.deepEqual(await world.registry.providers({ cid: fileEntry('a thing').cid }, NOBODY), [])
  assert.deepEqual(world.registry.peers({}, NOBODY), { peers: [], cursor: '' })
  assert.deepEqual(world.registry.stats(), { peers: 0, entries: 0 })
  assert.throws(() => world.registry.heartbeat(ann), { code: 'NOT_FOUND' })
  assert.throws(() => world.registry.peer(ann, NOBODY), { code: 'NOT_FOUND' })
  await assert.rejects(world.publish(ann, { entries: [] }), { code: 'CONFLICT' })
  const facts = { name: 'ann', addresses: [], version: '', grpcPort: 0 }
  const { revision } = await world.registry.login({ peerId: ann, host: '' }, facts)
  assert.equal(revision, 'rev-7')
  assert.deepEqual(await world.paths('thing'), ['a thing'])
})

test('a logout hides at once; entries are kept for the retention time and then forgotten', async (t) => {
  const world = await open(t, { retentionMs: 60_000 })
  const ann = await world.login('ann')
  await world.replace(ann, [fileEntry('a thing')])
  await world.registry.logout(ann)
  await world.registry.logout(ann)
  assert.deepEqual(await world.paths('thing'), [])
  await world.clock.advance(30_000)
  assert.equal((await world.registry.getDebugState()).known, 1)
  await world.clock.advance(40_000)
  while ((await world.registry.getDebugState()).known !== 0) await world.clock.advance(2000)
  await world.login('ann')
  assert.deepEqual(await world.paths('thing'), [])
})

test('loopback addresses are for requesters on loopback only; the observed address is added', async (t) => {
  const world = await open(t)
  const peerId = testPeerId('ann')
  const facts = {
    name: 'ann',
    addresses: ['127.0.0.1:9081', 'Host.example:9081'],
    version: '1',
    grpcPort: 9081,
  }
  const answer = await world.registry.login({ peerId, host: '::ffff:198.51.100.7' }, facts)
  assert.equal(answer.observedHost, '198.51.100.7')
  const seenFrom = (host: string) => world.registry.peer(peerId, { key: 'x', host }).peer.addresses
  assert.deepEqual(seenFrom('127.0.0.1'), ['198.51.100.7:9081', '127.0.0.1:9081', 'host.example:9081'])
  assert.deepEqual(seenFrom('203.0.113.5'), ['198.51.100.7:9081', 'host.example:9081'])
  assert.deepEqual(seenFrom('::1').length, 3)
})

test('login refuses what is not valid, too many logins, and more peers than there is room for', async (t) => {
  const world = await open(t, { maxPeers: 2, loginBurst: 3, maxPeersPerHost: 1 })
  const peerId = testPeerId('ann')
  const facts = { name: 'ann', addresses: [] as string[], version: '', grpcPort: 0 }
  const login = (change: object, host = '') => world.registry.login({ peerId, host }, { ...facts, ...change })
  for (const change of [
    { name: 'x'.repeat(65) },
    { name: 'a\u0000b' },
    { version: 'v'.repeat(65) },
    { addresses: ['nonsense'] },
    { addresses: Array.from({ length: 17 }, () => '192.0.2.1:1') },
    { grpcPort: 70_000 },
  ]) {
    await assert.rejects(login(change), { code: 'INVALID_ARGUMENT' }, JSON.stringify(change))
  }
  for (let i = 0; i < 3; i++) await login({}, '192.0.2.9')
  await assert.rejects(login({}), { code: 'RATE_LIMITED' })
  await assert.rejects(world.login('bob', { host: '192.0.2.9' }), { code: 'BUSY' })
  await world.login('bob')
  await assert.rejects(world.login('carol'), { code: 'BUSY' })
  await world.registry.logout(peerId)
  await world.login('carol')
  assert.equal((await world.registry.getDebugState()).known, 2)
})

test('searches are limited for each caller, and cancelled ones are not done', async (t) => {
  const world = await open(t, { searchBurst: 2, searchesPerSecond: 1 })
  const search = (key: string, signal?: AbortSignal) =>
    world.registry.search({ words: 'x' }, { key, host: '' }, signal)
  await search('a')
  await search('a')
  await assert.rejects(search('a'), { code: 'RATE_LIMITED' })
  await search('b')
  await world.clock.advance(1000)
  await search('a')
  await assert.rejects(search('c', AbortSignal.abort(new Error('no more'))), { message: 'no more' })
  for (const [query, code] of [
    [{}, 'INVALID_ARGUMENT'],
    [{ words: ' ' }, 'INVALID_ARGUMENT'],
    [{ words: 'x'.repeat(513) }, 'INVALID_ARGUMENT'],
    [{ sha256: 'abc' }, 'INVALID_ARGUMENT'],
    [{ cid: 'bogus' }, 'INVALID_CID'],
  ] as const) {
    const asker = { key: JSON.stringify(query), host: '' }
    await assert.rejects(world.registry.search(query, asker), { code }, asker.key)
  }
})

test('all state is there after a restart, and sessions go on', async (t) => {
  const world = await open(t)
  const [ann, bob] = [await world.login('ann'), await world.login('bob')]
  await world.replace(ann, [fileEntry('thing a')], 'ra')
  await world.replace(bob, [fileEntry('thing b')], 'rb')
  await world.registry.logout(bob)
  await world.clock.advance(10_000)
  world.registry.heartbeat(ann)
  await world.restart()
  assert.deepEqual(await world.paths('thing'), ['thing a'])
  assert.equal(world.registry.heartbeat(ann).peers, 1)
  assert.throws(() => world.registry.heartbeat(bob), { code: 'NOT_FOUND' })
  await world.clock.advance(14_000)
  await world.restart()
  await world.clock.advance(2000)
  assert.throws(() => world.registry.heartbeat(ann), { code: 'NOT_FOUND' })
  assert.equal(await world.revision('bob'), 'rb')
  assert.deepEqual(await world.paths('thing'), ['thing b'])
})
