import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { connect as http2Connect } from 'node:http2'
import { duplexPair } from 'node:stream'
import { test } from 'node:test'
import { connect as tlsConnect } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ManualClock, systemClock } from '../../src/base/clock.ts'
import type { ShoalError } from '../../src/base/errors.ts'
import { silentLogger } from '../../src/base/log.ts'
import { createIdentity } from '../../src/link/identity.ts'
import { LinkServer, type LinkServerOptions } from '../../src/link/server.ts'
import { aborted, message, openPool, startRelay, startServer, until } from './harness.ts'

const DAY_MS = 86_400_000

test('a taken port is a CONFLICT, or gives way to a free one when that is wanted', async () => {
  await using taken = await startServer()
  await assert.rejects(startServer({ port: taken.port }), {
    code: 'CONFLICT',
    message: new RegExp(`Port ${taken.port} is taken`),
  })
  await using other = await startServer({ port: taken.port, options: { fallbackToFreePort: true } })
  assert.notEqual(other.port, taken.port)
  await using me = openPool()
  await me.client(other).unary({})
})

test('a host that is not of this machine is refused, and a server starts once', async () => {
  const context = { identity: createIdentity(), port: 0, log: silentLogger, clock: systemClock }
  await assert.rejects(new LinkServer({ ...context, host: '192.0.2.1' }).start(), {
    code: 'INVALID_ARGUMENT',
  })
  await using server = await startServer()
  await assert.rejects(server.server.start(), { code: 'CONFLICT' })
})

test('stop lets running calls finish, and takes no new ones', async () => {
  const finish = Promise.withResolvers<void>()
  await using server = await startServer({
    impl: {
      unary: async ({ value }) => {
        await finish.promise
        return { value }
      },
    },
  })
  await using me = openPool()
  const call = me.client(server).unary(message(7))
  await until(() => active(server.server) === 1)
  const stopped = server.server.stop({ graceMs: 10_000 })
  await using late = openPool()
  await assert.rejects(late.client(server).unary({}), { code: 'UNAVAILABLE' })
  finish.resolve()
  assert.equal((await call).value[0], 7)
  await stopped
  assert.equal(server.server.getDebugState().connections, 0)
})

test('what does not finish in the grace is aborted', async () => {
  const ended = Promise.withResolvers<unknown>()
  await using server = await startServer({
    impl: {
      spread: async function* (request, context) {
        aborted(context).then(ended.resolve)
        yield request
        await new Promise(() => {})
      },
    },
  })
  await using me = openPool()
  await assert.rejects(
    async () => {
      for await (const _ of me.client(server).spread({})) void server.server.stop({ graceMs: 50 })
    },
    (error: ShoalError) => error.code === 'UNAVAILABLE' || error.code === 'CANCELLED',
  )
  assert.equal(((await ended.promise) as ShoalError).message, 'The server is stopping.')
})

test('a tunnelled connection enters by the same door', async () => {
  let caller: unknown
  await using server = await startServer({
    impl: {
      unary: async (_, { peerId, remoteAddress, remotePort }) => {
        caller = { peerId, remoteAddress, remotePort }
        return {}
      },
    },
  })
  for (const certified of [true, false]) {
    caller = undefined
    const [near, far] = duplexPair()
    // A pair does not pass on that one end is destroyed; a tunnel does.
    far.on('close', () => near.destroy())
    near.on('close', () => far.destroy())
    server.server.injectConnection(far)
    const me = createIdentity()
    const session = http2Connect('https://tunnel', {
      createConnection: () =>
        tlsConnect({
          socket: near,
          rejectUnauthorized: false,
          ALPNProtocols: ['h2'],
          ...(certified && { key: me.keyPem, cert: me.certificatePem }),
        }),
    })
    session.on('error', () => {})
    const stream = session.request({
      ':method': 'POST',
      ':path': '/shoal.test.Echo/Unary',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    stream.on('error', () => {})
    stream.resume()
    stream.end(Buffer.alloc(5))
    await new Promise((resolve) => stream.once('close', resolve))
    const expected = { peerId: me.peerId, remoteAddress: '', remotePort: 0 }
    assert.deepEqual(caller, certified ? expected : undefined)
    session.destroy()
  }
  await until(() => server.server.getDebugState().connections === 0)
})

test('a server that runs for long shows a new certificate before the old one ends', async () => {
  const clock = new ManualClock(Date.now())
  await using server = await startServer({ clock })
  const shown = async () => {
    const me = createIdentity()
    const socket = tlsConnect({
      port: server.port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ALPNProtocols: ['h2'],
      key: me.keyPem,
      cert: me.certificatePem,
    })
    await once(socket, 'secureConnect')
    const certificate = socket.getPeerX509Certificate()!
    socket.destroy()
    return certificate
  }
  const first = await shown()
  await clock.advance(100 * DAY_MS)
  assert.equal((await shown()).serialNumber, first.serialNumber, 'long before its end it stays')
  await clock.advance(100 * DAY_MS)
  const second = await shown()
  assert.notEqual(second.serialNumber, first.serialNumber)
  assert.ok(second.validToDate.getTime() > first.validToDate.getTime() + 150 * DAY_MS)
  assert.ok(second.publicKey.equals(first.publicKey))
})

test('a keepalive finds callers that vanished', async () => {
  const options: LinkServerOptions = { keepaliveMs: 50, keepaliveTimeoutMs: 50 }
  const ended = Promise.withResolvers<unknown>()
  await using server = await startServer({
    options,
    impl: {
      unary: async (_, context) => {
        ended.resolve(await aborted(context))
        return {}
      },
    },
  })
  await using relay = await startRelay(server.port)
  await using me = openPool()
  const call = me.client({ ...server, address: relay.address }).unary({})
  const failed = assert.rejects(call)
  await until(() => active(server.server) === 1)
  relay.stall()
  assert.equal(((await ended.promise) as ShoalError).code, 'CANCELLED')
  relay.cut()
  await failed
})

test('a process that has stopped its server and closed its pool ends by itself', async () => {
  const script = fileURLToPath(new URL('./fixtures/lifecycle.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: 20_000 })
  assert.equal(stdout, 'done\n')
})

function active(server: LinkServer): number {
  return (server.getDebugState().calls as { active: number }).active
}
