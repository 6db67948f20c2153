import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { silentLogger } from '../../base/log.ts'
import { createIdentity } from '../../link/identity.ts'
import { ConfigStore } from '../config-store.ts'
import { type NodeConfig, NodeSettings } from '../settings.ts'
import { askIndex } from './ask-index.ts'
import { type FactParts, gatherFacts, portsOf } from './gather.ts'
import { configuredIndexes, indexFacts } from './index-facts.ts'

const [anna, ben, cleo, server, other] = Array.from({ length: 5 }, () => createIdentity().peerId) as [
  string,
  string,
  string,
  string,
  string,
]
const { signal } = new AbortController()

/** A pool at which these addresses answer, as these PeerIds; all others refuse. */
function poolOf(answers: Record<string, string>): FactParts['pool'] {
  const connect = (_: unknown, { addresses }: { addresses: readonly string[] }) => {
    const peerId = answers[addresses[0]!]
    const call = async () => {
      if (peerId === undefined) throw new ShoalError('UNAVAILABLE', 'connect ECONNREFUSED 127.0.0.1:2')
      return { name: 'x', addresses: [] }
    }
    // Nobody has a session: a heartbeat is refused by whoever answers.
    const heartbeat = () => call().then(() => Promise.reject(new ShoalError('NOT_FOUND')))
    return { hello: call, heartbeat, remotePeerId: () => peerId }
  }
  const link = { address: undefined, state: 'idle', calls: 0, failures: 0, error: undefined } as const
  return {
    connect: connect as unknown as FactParts['pool']['connect'],
    roadTo: (peerId) => (peerId === anna ? 'direct' : undefined),
    peers: () => [
      { ...link, peerId: anna, road: 'direct' },
      { ...link, peerId: server, road: 'direct' },
      { ...link, peerId: cleo, road: undefined },
    ],
  }
}

function partsOf(env: Record<string, string>, change: Partial<FactParts> = {}): FactParts {
  const clock = new ManualClock()
  const config = new ConfigStore<NodeConfig>({
    ...{ schema: NodeSettings, path: '/nowhere/config.json', flags: {}, env, log: silentLogger },
  }).current
  const record = { peerId: ben, name: 'ben', seq: clock.now() - 1000, expiresMs: clock.now() + 3_599_000 }
  const view = { record, isNeighbour: true, state: 'alive' }
  const gone = { record: { ...record, peerId: other }, isNeighbour: false, state: 'dead' }
  return {
    config,
    clock,
    uptimeMs: 1234,
    fabric: {
      reachability: 'public',
      getDebugState: () => ({
        reachability: { now: 'public', publicPeers: 2, hasInbound: true, isConfirmed: false },
      }),
      peers: () =>
        [ben, server].map((peerId) => ({
          peerId,
          road: 'tunnel',
          address: '/ip4/1.2.3.4',
          direction: 'inbound',
        })),
      dht: { mode: () => 'server', size: () => 5 },
      upnp: { state: 'none', mapped: [] },
      mdns: { enabled: true, heard: 3, lastHeardMs: 17 },
      observed: () => ['192.0.2.9'],
      relays: { wanted: false, reservations: [], notices: [] },
      relay: undefined,
      listening: () => ['/ip4/192.0.2.9/tcp/4081/p2p/x', '/ip4/192.0.2.1/tcp/9/p2p/y/p2p-circuit'],
      roadTo: (peerId) => (peerId === ben ? 'tunnel' : undefined),
    },
    pool: poolOf({ '192.0.2.7:9081': anna }),
    discovery: {
      peers: { list: () => [anna, cleo, other].map((peerId) => ({ peerId })) as never },
      network: {
        view: () => ({ role: 'leaf', neighbours: 1, zone: '', zoneSize: 2, size: 2 }),
        membership: { list: () => [view, gone] as never },
      },
      getDebugState: () => ({
        index: {
          servers: {
            'a.test:1': {
              kind: 'online',
              attempt: 0,
              peerId: server,
              terms: { observedHost: '203.0.113.7' },
            },
            'b.test:1': { kind: 'loggingIn', attempt: 0, peerId: null },
          },
        },
      }),
    },
    self: () => ({ peerId: 'me', name: 'me', addresses: [], version: '1', grpcPort: 9081 }),
    interfaces: () => ({ lo: [{ address: '127.0.0.1' }], eth0: [{ address: '192.0.2.9' }] }) as never,
    ...change,
  }
}

test('the facts of a node', async () => {
  const facts = await gatherFacts(
    partsOf({
      SHOAL_INDEX: 'a.test:1,b.test:1,c.test:1',
      SHOAL_PEERS: '192.0.2.7:9081,192.0.2.8:9081',
      SHOAL_DISCOVERY: 'index,zone',
    }),
    signal,
  )
  assert.deepEqual(facts, {
    uptimeMs: 1234,
    listen: { host: '0.0.0.0', isLoopback: false, grpcPort: 9081, p2pPorts: [4081] },
    settings: { upnp: true, mdns: true, dht: false },
    fabric: {
      reachability: { now: 'public', publicPeers: 2, hasInbound: true, isConfirmed: false },
      connected: 1,
      dht: { mode: 'server', contacts: 5 },
      upnp: { state: 'none', mapped: [] },
      mdns: { enabled: true, heard: 3, lastHeardMs: 17 },
      observed: ['192.0.2.9'],
      relay: { wanted: false, reservations: [] },
    },
    membership: { role: 'leaf', neighbours: 1, zone: '', zoneSize: 2, size: 2 },
    index: [
      { label: 'a.test:1', state: 'online' },
      { label: 'b.test:1', state: 'failed', problem: 'connection refused' },
      { label: 'c.test:1', state: 'unused' },
    ],
    peers: {
      known: 3,
      connected: { direct: 1, tunnel: 1, relayed: 0 },
      configured: [
        { address: '192.0.2.7:9081', problem: undefined },
        { address: '192.0.2.8:9081', problem: 'connection refused' },
      ],
      unasked: 0,
    },
    addresses: { own: ['127.0.0.1', '192.0.2.9'], observed: ['203.0.113.7', '192.0.2.9'] },
    clocks: [{ from: 'ben', lowMs: -1000, highMs: 1_799_000 + 660_000 }],
  })
})

test('a node that takes no part in the network, on loopback', async () => {
  const { discovery } = partsOf({})
  const alone = { ...discovery, network: undefined, getDebugState: () => ({}) }
  const facts = await gatherFacts(partsOf({ SHOAL_GRPC_HOST: '127.0.0.1' }, { discovery: alone }), signal)
  assert.deepEqual(
    [facts.membership, facts.index, facts.clocks, facts.listen.isLoopback],
    [undefined, [], [], true],
  )
})

test('who asks may go away', async () => {
  const parts = partsOf({ SHOAL_PEERS: '192.0.2.8:9081' })
  await assert.rejects(gatherFacts(parts, AbortSignal.abort(new Error('gone'))), /gone/)
})

test('an index server is asked who it is, whoever is expected', async () => {
  const pool = poolOf({ '192.0.2.7:9080': server })
  const [pinned, unpinned, wrong, silent] = configuredIndexes([
    `${server}@192.0.2.7:9080`,
    '192.0.2.6:9080',
    `${other}@192.0.2.5:9080`,
    'bad address',
    '192.0.2.4:9080',
  ])
  assert.deepEqual(await askIndex(pinned!, pool, signal), { expected: server, answered: server })
  assert.deepEqual(await askIndex(silent!, pool, signal), { problem: 'connection refused' })
  assert.deepEqual(await askIndex(unpinned!, poolOf({ '192.0.2.6:9080': server }), signal), {
    answered: server,
  })
  const probe = await askIndex(wrong!, poolOf({ '192.0.2.5:9080': server }), signal)
  assert.deepEqual(probe, { expected: other, answered: server })
  assert.equal(indexFacts(wrong!, { kind: 'loggingIn' }, probe).state, 'wrong-identity')
})

test('how a session stands', () => {
  const table: [Parameters<typeof indexFacts>[1], Parameters<typeof indexFacts>[2], object][] = [
    [undefined, undefined, { state: 'unused' }],
    [{ kind: 'online', address: 'h:2' }, undefined, { state: 'online', address: 'h:2' }],
    [{ kind: 'syncing' }, undefined, { state: 'online' }],
    [{ kind: 'connecting', attempt: 0 }, { answered: 'x' }, { state: 'connecting' }],
    [{ kind: 'connecting', attempt: 2 }, { answered: 'x' }, { state: 'failed' }],
    [
      { kind: 'disconnected', attempt: 2, problem: 'full' },
      { answered: 'x' },
      { state: 'failed', problem: 'full' },
    ],
    [{ kind: 'disconnected', attempt: 0 }, { problem: 'refused' }, { state: 'failed', problem: 'refused' }],
    [{ kind: 'online' }, { expected: 'a', answered: 'a' }, { state: 'online' }],
  ]
  for (const [session, probe, facts] of table)
    assert.deepEqual(indexFacts({ label: 'h:1', peerId: undefined }, session, probe), {
      label: 'h:1',
      ...facts,
    })
})

test('ports are those of own addresses', () => {
  assert.deepEqual(
    portsOf([
      '/ip4/1.2.3.4/tcp/4081',
      '/ip6/::1/tcp/4081',
      '/ip4/1.2.3.4/tcp/4181/ws',
      '/ip4/9.9.9.9/tcp/1/p2p/x/p2p-circuit',
    ]),
    [4081, 4181],
  )
})
