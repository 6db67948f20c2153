import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { silentLogger } from '../base/log.ts'
import { systemRandom } from '../base/random.ts'
import { PeerService } from '../contract/gen/shoal/v1/peer_pb.ts'
import { createIdentity } from '../link/identity.ts'
import { LinkPool } from '../link/pool.ts'
import { LinkServer } from '../link/server.ts'
import { openStateDatabase } from '../storage/state-database.ts'
import { distance } from './key.ts'
import { KeyValueStore } from './key-value-store.ts'
import { NO_VALUES } from './no-values.ts'
import type { KvPeer, ValueHandlers } from './ports.ts'

interface RealNode extends KvPeer {
  kv: KeyValueStore
  kill(): Promise<void>
}

const { signal } = new AbortController()

/** A node on real links, which knows all of `peers`. */
async function startNode(t: TestContext, peers: KvPeer[], handlers?: ValueHandlers): Promise<RealNode> {
  const identity = createIdentity()
  const { peerId } = identity
  const common = { clock: systemClock, random: systemRandom, log: silentLogger }
  const pool = new LinkPool({ ...common, identity })
  const server = new LinkServer({ ...common, identity, host: '127.0.0.1', port: 0 })
  const state = openStateDatabase(':memory:', { log: silentLogger })
  const ranked = (key: Uint8Array) => {
    const text = Buffer.from(key).toString()
    const away = (peer: KvPeer) => distance(text, peer.peerId)
    return [...peers].sort((a, b) => Buffer.compare(away(a), away(b)))
  }
  const known = (key: Uint8Array, count: number) =>
    ranked(key)
      .filter((peer) => peer.peerId !== peerId)
      .slice(0, count)
  const kv = new KeyValueStore({
    ...{ ...common, signer: identity, store: state.values, links: pool },
    closest: {
      known,
      find: async (key, count) => known(key, count),
      isResponsible: (key, count) =>
        ranked(key)
          .slice(0, count)
          .some((peer) => peer.peerId === peerId),
    },
    options: { keepEveryMs: 100 },
  })
  server.addService(PeerService, {
    hello: async () => ({}),
    getManifest: async function* () {},
    getBlocks: async function* () {},
    searchShared: async function* () {},
    ...(handlers ?? kv.handlers),
  })
  const { host, port } = await server.start()
  let ended: Promise<void> | undefined
  const kill = () => {
    ended ??= (async () => {
      await kv.stop()
      await Promise.all([pool.close(), server.stop({ graceMs: 0 })])
      state.close()
    })()
    return ended
  }
  t.after(kill)
  const node = { peerId, addresses: [`${host}:${port}`], kv, kill }
  peers.push(node)
  kv.start()
  return node
}

test('over real links: put, read elsewhere, lose nodes, read on; a peer without values is passed over', async (t) => {
  const peers: KvPeer[] = []
  const nodes: RealNode[] = []
  for (let i = 0; i < 4; i++) nodes.push(await startNode(t, peers))
  await startNode(t, peers, NO_VALUES)
  const value = systemRandom.bytes(65_536)
  const { replicas, version } = await nodes[0]!.kv.put('k', value, { signal })
  assert.equal(replicas, 4)
  for (const { kv } of nodes) {
    const found = await kv.get('k', { signal })
    assert.deepEqual(Buffer.compare(found.value, value), 0)
    assert.equal(found.version, version)
  }
  for (const node of nodes.slice(0, 2)) await node.kill()
  const startMs = performance.now()
  const found = await nodes[3]!.kv.get('k', { signal })
  assert.equal(found.version, version)
  assert.ok(performance.now() - startMs < 3000)
  await assert.rejects(nodes[2]!.kv.get('absent', { signal }), { code: 'NOT_FOUND' })
  assert.ok(performance.now() - startMs < 8000)
  const newer = await nodes[2]!.kv.put('k', Buffer.from('newer'), { signal })
  assert.ok(newer.version > version && newer.replicas === 2)
  assert.equal(Buffer.from((await nodes[3]!.kv.get('k', { signal })).value).toString(), 'newer')
})
