import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { ManualClock } from '../../src/base/clock.ts'
import type { ShoalError } from '../../src/base/errors.ts'
import { createIdentity } from '../../src/link/identity.ts'
import { aborted, all, message, openPool, startRelay, startServer, until } from './harness.ts'

/** A port on which nobody listens. */
async function deadAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return `127.0.0.1:${port}`
}

/** Accepts and says nothing. */
async function silentServer() {
  const server = createServer((socket) => socket.on('error', () => {}))
  const sockets = new Set<{ destroy(): void }>()
  let connections = 0
  server.on('connection', (socket) => {
    connections++
    sockets.add(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

test('calls made together share one attempt and one connection', async () => {
  await using server = await startServer()
  await using me = openPool()
  await Promise.all(Array.from({ length: 20 }, (_, i) => me.client(server).unary(message(i))))
  assert.equal(server.server.getDebugState().connections, 1)
  assert.deepEqual(me.pool.peers(), [
    {
      peerId: server.identity.peerId,
      address: server.address,
      road: 'direct',
      state: 'ready',
      calls: 0,
      failures: 0,
      error: undefined,
    },
  ])
})

test('a dead address is passed over, a silent one too', async () => {
  await using server = await startServer()
  await using silent = await silentServer()
  for (const first of [await deadAddress(), silent.address, 'nonsense', 'no-such-host.invalid:9081']) {
    await using me = openPool({ options: { nextAddressMs: 50 } })
    const target = { peerId: server.identity.peerId, addresses: [first, server.address] }
    const client = me.pool.connect(server.service, target)
    await client.unary({})
    assert.equal(client.remoteAddress(), server.address, first)
  }
})

test('a wrong peer at the first address does not keep from the right one at the second', async () => {
  await using wrong = await startServer()
  await using right = await startServer()
  await using me = openPool()
  const client = me.pool.connect(right.service, {
    peerId: right.identity.peerId,
    addresses: [wrong.address, right.address],
  })
  await client.unary({})
  assert.equal(client.remoteAddress(), right.address)
})

test('when nobody is there the error says so, at once; a wrong peer says more than a dead address', async () => {
  await using server = await startServer()
  await using me = openPool()
  const dead = await deadAddress()
  const nobody = me.pool.connect(server.service, { addresses: [dead] })
  await assert.rejects(nobody.unary({}), {
    code: 'UNAVAILABLE',
    message: /cannot be reached: .*ECONNREFUSED/,
  })
  const peerId = createIdentity().peerId
  const other = me.pool.connect(server.service, { peerId, addresses: [dead, server.address] })
  await assert.rejects(other.unary({}), { code: 'WRONG_IDENTITY' })
  await assert.rejects(all(other.spread({})), { code: 'WRONG_IDENTITY' })
  const nowhere = me.pool.connect(server.service, { peerId, addresses: [] })
  await assert.rejects(nowhere.unary({}), { code: 'UNAVAILABLE', message: /No address/ })
  const nonsense = me.pool.connect(server.service, { addresses: ['unix:/tmp/x'] })
  await assert.rejects(nonsense.unary({}), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => me.pool.connect(server.service, { peerId: 'me', addresses: [] }), {
    code: 'INVALID_ARGUMENT',
  })
})

test('without an expected peer whoever answers is known afterwards', async () => {
  await using server = await startServer()
  await using me = openPool()
  const client = me.pool.connect(server.service, { addresses: [server.address] })
  assert.equal(client.remotePeerId(), undefined)
  await client.unary({})
  assert.equal(client.remotePeerId(), server.identity.peerId)
})

test('a server that restarts is found again, and calls that ran fail with UNAVAILABLE', async () => {
  const identity = createIdentity()
  await using me = openPool()
  const first = await startServer({
    identity,
    impl: { unary: (_, context) => aborted(context).then(() => ({})) },
  })
  const client = me.client(first)
  const { port } = first
  const running = client.unary({})
  const failed = assert.rejects(running, (error: ShoalError) =>
    ['UNAVAILABLE', 'CANCELLED'].includes(error.code),
  )
  await until(() => (first.server.getDebugState().calls as { active: number }).active === 1)
  await first.server.stop({ graceMs: 0 })
  await failed
  await assert.rejects(client.unary({}), { code: 'UNAVAILABLE' })
  await using _second = await startServer({ identity, port })
  await until(() => me.pool.peers()[0]?.state !== 'ready')
  for (;;) {
    const answer = await client.unary(message(5)).catch((error: ShoalError) => error)
    if (!(answer instanceof Error)) break
    assert.equal(answer.code, 'UNAVAILABLE')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
})

test('a wire that is cut ends the calls on both sides', async () => {
  const ended = Promise.withResolvers<unknown>()
  await using server = await startServer({
    impl: {
      spread: async function* (request, context) {
        aborted(context).then(ended.resolve)
        yield request
        await aborted(context)
      },
    },
  })
  await using relay = await startRelay(server.port)
  await using me = openPool()
  const client = me.client({ ...server, address: relay.address })
  await assert.rejects(
    async () => {
      for await (const _ of client.spread({})) relay.cut()
    },
    { code: 'UNAVAILABLE' },
  )
  assert.equal(((await ended.promise) as ShoalError).code, 'CANCELLED')
  await client.unary({})
})

test('a peer that vanishes without a word is noticed by keepalive', async () => {
  await using server = await startServer({
    impl: { unary: (_, context) => aborted(context).then(() => ({})) },
  })
  await using relay = await startRelay(server.port)
  await using me = openPool({ options: { keepaliveMs: 60, keepaliveTimeoutMs: 60 } })
  const client = me.client({ ...server, address: relay.address })
  const call = client.unary({})
  const failed = assert.rejects(call, { code: 'UNAVAILABLE' })
  await until(() => (server.server.getDebugState().calls as { active: number }).active === 1)
  relay.stall()
  await failed
})

test('after a failure the same addresses are left alone for a while, others are not', async () => {
  const clock = new ManualClock(Date.now())
  await using silent = await silentServer()
  await using server = await startServer()
  await using me = openPool({
    clock,
    options: { backoff: { baseMs: 1000, maxMs: 4000 }, connectTimeoutMs: 100 },
  })
  const { peerId } = server.identity
  const client = me.pool.connect(server.service, { peerId, addresses: [silent.address] })
  const fail = async () => {
    const before = silent.connections()
    const failed = assert.rejects(client.unary({}), { code: 'UNAVAILABLE', message: /did not answer/ })
    await Promise.race([until(() => silent.connections() > before), failed])
    await clock.advance(150)
    await failed
    return silent.connections() - before
  }
  assert.equal(await fail(), 1)
  assert.equal(await fail(), 0, 'too early')
  assert.equal(me.pool.peers()[0]?.state, 'failed')
  await clock.advance(1000)
  assert.equal(await fail(), 1)
  const elsewhere = me.pool.connect(server.service, { peerId, addresses: [server.address] })
  await elsewhere.unary({})
  await client.unary({})
  assert.equal(client.remoteAddress(), server.address, 'one connection a peer, wherever it was found')
})

test('a call that gives up while connecting takes the attempt with it, unless others wait', async () => {
  await using silent = await silentServer()
  await using me = openPool()
  const identity = createIdentity()
  const client = me.client({ identity, address: silent.address })
  const [one, two] = [new AbortController(), new AbortController()]
  const calls = [one, two].map(({ signal }) =>
    assert.rejects(client.unary({}, { signal }), { code: 'CANCELLED' }),
  )
  await until(() => silent.connections() === 1)
  one.abort()
  await calls[0]
  assert.equal(me.pool.peers()[0]?.state, 'connecting')
  two.abort()
  await calls[1]
  assert.equal(me.pool.peers()[0]?.state, 'idle')
  await assert.rejects(client.unary({}, { timeoutMs: 50 }), { code: 'TIMED_OUT' })
})

test('a link without calls is closed after a while; the next call opens it again', async () => {
  const clock = new ManualClock(Date.now())
  await using server = await startServer()
  await using me = openPool({ clock, options: { idleTimeoutMs: 10_000 } })
  const client = me.client(server)
  await client.unary({})
  await clock.advance(8000)
  assert.equal(me.pool.peers().length, 1)
  await clock.advance(10_000)
  assert.equal(me.pool.peers().length, 0)
  await until(() => server.server.getDebugState().connections === 0)
  await client.unary({})
  assert.equal(server.server.getDebugState().connections, 1)
})

test('links are bounded: the idle one makes room, one that is in use does not', async () => {
  const impl = { chat: (_: unknown, context: Parameters<typeof aborted>[0]) => hold(context) }
  async function* hold(context: Parameters<typeof aborted>[0]) {
    yield message(1)
    await aborted(context)
  }
  await using a = await startServer({ impl })
  await using b = await startServer()
  await using me = openPool({ options: { maxLinks: 1 } })
  await me.client(a).unary({})
  await me.client(b).unary({})
  assert.deepEqual(
    me.pool.peers().map(({ peerId }) => peerId),
    [b.identity.peerId],
  )
  const open = me.client(a).chat(hold({ signal: new AbortController().signal } as never))
  await open[Symbol.asyncIterator]().next()
  await assert.rejects(me.client(b).unary({}), { code: 'BUSY' })
})

test('forget drops a peer; close ends everything, and calls after it fail', async () => {
  await using server = await startServer({
    impl: { unary: (_, context) => aborted(context).then(() => ({})) },
  })
  await using me = openPool()
  const client = me.client(server)
  assert.equal((await all(client.spread(message(1)))).length, 1)
  me.pool.forget(server.identity.peerId)
  assert.deepEqual(me.pool.peers(), [])
  await until(() => server.server.getDebugState().connections === 0)

  const failed = assert.rejects(client.unary({}), { code: 'CANCELLED' })
  await until(() => (server.server.getDebugState().calls as { active: number }).active === 1)
  await me.pool.close()
  await failed
  await until(() => server.server.getDebugState().connections === 0)
  await assert.rejects(client.unary({}), { code: 'CANCELLED' })
  await assert.rejects(all(client.spread({})), { code: 'CANCELLED' })
})
