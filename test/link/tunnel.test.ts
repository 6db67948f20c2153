// Links through tunnels: another way for the same TLS, and the change to a better road.
import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { test } from 'node:test'
import { Emitter } from '../../src/base/events.ts'
import { MIB } from '../../src/base/units.ts'
import { createIdentity } from '../../src/link/identity.ts'
import type { LinkPoolOptions } from '../../src/link/pool.ts'
import type { Road, Tunnel, Tunnels } from '../../src/link/roads.ts'
import type { LinkServer } from '../../src/link/server.ts'
import { Echo, items, message, openPool, startServer, until } from './harness.ts'

/** Nobody listens there: it was free a moment ago and is not given to anybody by the system. */
const NOBODY = '127.0.0.1:9'
const FAST: LinkPoolOptions = {
  nextAddressMs: 50,
  tunnelAfterMs: 50,
  roadRetryMs: 50,
  backoff: { baseMs: 1, maxMs: 1 },
}

/** Two ends of a wire. What one writes the other gets later, as over a network: Node's HTTP/2 cannot bear an answer within a write. */
function wire(): [Duplex, Duplex] {
  const end = (other: () => Duplex): Duplex =>
    new Duplex({
      read() {},
      write(chunk, _, done) {
        setImmediate(() => {
          if (!other().destroyed) other().push(chunk)
          done()
        })
      },
      final(done) {
        setImmediate(() => {
          if (!other().destroyed) other().push(null)
          done()
        })
      },
      destroy(error, done) {
        setImmediate(() => other().destroy())
        done(error)
      },
    })
  const here: Duplex = end(() => there)
  const there: Duplex = end(() => here)
  return [here, there]
}

/** Tunnels into a server, as the fabric gives them, without a network between. */
function tunnelsTo(server: LinkServer, road: Tunnel['road'] = 'relayed') {
  const better = new Emitter<string>()
  const open: Duplex[] = []
  const asked: { peerId: string; addresses: readonly string[] }[] = []
  const state = { road, isUp: true, opened: () => open, asked }
  const tunnels: Tunnels = {
    async open(peerId, addresses) {
      asked.push({ peerId, addresses })
      if (!state.isUp) throw new Error('no way through')
      const [here, there] = wire()
      open.push(here)
      server.injectConnection(there)
      return { stream: here, road: state.road, address: '/ip4/192.0.2.1/tcp/1/p2p-circuit' }
    },
    roadTo: () => (state.isUp ? state.road : undefined),
    onBetterRoad: (listener) => better.on(listener),
  }
  return { ...state, tunnels, better, set: (change: Partial<typeof state>) => Object.assign(state, change) }
}

async function setUp(
  server: Awaited<ReturnType<typeof startServer>>,
  addresses: string[],
  road: Tunnel['road'] = 'relayed',
) {
  const way = tunnelsTo(server.server, road)
  const me = openPool({ options: FAST })
  me.pool.useTunnels(way.tunnels)
  const roads: Road[] = []
  me.pool.roads.on(({ road }) => roads.push(road))
  const client = me.pool.connect(Echo, { peerId: server.identity.peerId, addresses })
  return { ...me, ...way, roads, client, [Symbol.asyncDispose]: () => me.pool.close() }
}

test('who cannot be reached directly is reached through a tunnel, and proves who it is there too', async () => {
  const callers: string[] = []
  await using server = await startServer({
    impl: {
      unary: async ({ value }, context) => {
        callers.push(context.peerId)
        assert.equal(context.remoteAddress, '')
        return { value }
      },
    },
  })
  const multiaddr = '/ip4/192.0.2.1/tcp/4081/p2p-circuit'
  await using me = await setUp(server, [NOBODY, multiaddr])
  const big = message(3, 3 * MIB)
  assert.deepEqual(Buffer.from((await me.client.unary(big)).value), Buffer.from(big.value))
  assert.deepEqual(callers, [me.identity.peerId])
  assert.equal(me.pool.roadTo(server.identity.peerId), 'relayed')
  assert.deepEqual(me.asked, [{ peerId: server.identity.peerId, addresses: [multiaddr] }])
  assert.deepEqual(me.roads, ['relayed'])
  await me.pool.close()
  await until(() => me.opened().every((stream) => stream.destroyed))
})

test('somebody else at the end of the tunnel is refused', async () => {
  await using server = await startServer()
  const way = tunnelsTo(server.server)
  await using me = openPool({ options: FAST })
  me.pool.useTunnels(way.tunnels)
  const other = createIdentity().peerId
  const client = me.pool.connect(Echo, { peerId: other, addresses: [] })
  await assert.rejects(client.unary({}), { code: 'WRONG_IDENTITY' })
  await until(() => way.opened().every((stream) => stream.destroyed))
})

test('while a direct address answers, no tunnel is opened', async () => {
  await using server = await startServer()
  await using me = await setUp(server, [server.address])
  await me.client.unary({})
  assert.equal(me.pool.roadTo(server.identity.peerId), 'direct')
  assert.equal(me.asked.length, 0)
})

test('without tunnels a peer that has multiaddrs only cannot be reached, and the error says so', async () => {
  await using me = openPool({ options: FAST })
  const client = me.pool.connect(Echo, {
    peerId: createIdentity().peerId,
    addresses: ['/ip4/192.0.2.1/tcp/1'],
  })
  await assert.rejects(client.unary({}), { code: 'UNAVAILABLE', message: /only be reached through a tunnel/ })
})

test('a better road takes over: new calls use it, the call that runs ends whole on the old one', async () => {
  await using server = await startServer()
  // The addresses of the second call hold one that answers.
  await using me = await setUp(server, [NOBODY])
  const sent = Promise.withResolvers<void>()
  const answers: number[] = []
  async function* requests() {
    yield message(1)
    await sent.promise
    yield* items(message(2), message(3))
  }
  const running = (async () => {
    for await (const { value } of me.client.chat(requests())) answers.push(value[0]!)
  })()
  await until(() => answers.length === 1)
  assert.equal(me.pool.roadTo(server.identity.peerId), 'relayed')
  const again = me.pool.connect(Echo, { peerId: server.identity.peerId, addresses: [server.address] })
  await again.unary({})
  await until(() => me.pool.roadTo(server.identity.peerId) === 'direct')
  await again.unary({})
  assert.equal(me.opened().length, 1)
  assert.equal(me.opened()[0]!.destroyed, false, 'a call still runs there')
  sent.resolve()
  await running
  assert.deepEqual(answers, [1, 2, 3])
  await until(() => me.opened()[0]!.destroyed)
  assert.deepEqual(me.roads, ['relayed', 'direct'])
})

test('a relayed link moves to a straight tunnel as soon as it is told that there is one', async () => {
  await using server = await startServer()
  const way = tunnelsTo(server.server)
  await using me = openPool({ options: { ...FAST, roadRetryMs: 60_000 } })
  me.pool.useTunnels(way.tunnels)
  const client = me.pool.connect(Echo, { peerId: server.identity.peerId, addresses: [] })
  await client.unary({})
  way.set({ road: 'tunnel' })
  way.better.emit(server.identity.peerId)
  await until(() => me.pool.roadTo(server.identity.peerId) === 'tunnel')
  await client.unary({})
  await until(() => way.opened()[0]!.destroyed)
  assert.equal(way.opened().length, 2)
})

test('a tunnel that breaks fails the calls in it; the next call opens another', async () => {
  await using server = await startServer()
  await using me = await setUp(server, [])
  await me.client.unary({})
  me.opened()[0]!.destroy()
  await until(() => me.pool.roadTo(server.identity.peerId) === undefined)
  await me.client.unary({})
  assert.equal(me.opened().length, 2)
})
