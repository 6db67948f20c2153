// The server as strangers see it: plain TLS and HTTP/2 clients that know nothing of this code.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { type ClientHttp2Session, connect as http2Connect, type IncomingHttpHeaders } from 'node:http2'
import { connect as tcpConnect } from 'node:net'
import { test } from 'node:test'
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls'
import { createIdentity, type Identity } from '../../src/link/identity.ts'
import { startServer, until } from './harness.ts'
import { forge, impostors } from './impostors.ts'
import { attackServer } from './mini-tls.ts'

const certified = (identity: Identity) => ({ key: identity.keyPem, cert: identity.certificatePem })
const der = (pem: string) => new X509Certificate(pem).raw

/** The answer to an empty unary call over plain HTTP/2, or what became of the connection instead. */
async function call(port: number, options: ConnectionOptions): Promise<IncomingHttpHeaders | string> {
  const session = http2Connect(`https://127.0.0.1:${port}`, {
    createConnection: () =>
      tlsConnect({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'], ...options }),
  })
  try {
    return await Promise.race([request(session), failed(session)])
  } finally {
    session.destroy()
  }
}

async function request(session: ClientHttp2Session): Promise<IncomingHttpHeaders> {
  const stream = session.request({
    ':method': 'POST',
    ':path': '/shoal.test.Echo/Unary',
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  const answered = Promise.withResolvers<IncomingHttpHeaders>()
  stream.on('response', (headers) => {
    if (headers['grpc-status'] !== undefined) answered.resolve(headers)
  })
  stream.on('trailers', answered.resolve)
  stream.on('error', () => {})
  stream.resume()
  stream.end(Buffer.alloc(5))
  return answered.promise
}

async function failed(session: ClientHttp2Session): Promise<string> {
  const errors: string[] = []
  session.on('error', (error) => errors.push('code' in error ? String(error.code) : error.message))
  await new Promise((resolve) => session.once('close', resolve))
  return errors[0] ?? 'closed'
}

test('a stranger with any Ed25519 key of its own is answered, under its own PeerId', async () => {
  let caller = ''
  await using server = await startServer({
    impl: {
      unary: async (_, context) => {
        caller = context.peerId
        return {}
      },
    },
  })
  const me = createIdentity()
  const answer = await call(server.port, certified(me))
  assert.equal(typeof answer === 'object' && answer['grpc-status'], '0')
  assert.equal(caller, me.peerId)
})

test("a certificate with somebody else's name in it is still its own key's", async () => {
  let caller = ''
  await using server = await startServer({
    impl: {
      unary: async (_, context) => {
        caller = context.peerId
        return {}
      },
    },
  })
  const victim = createIdentity()
  await call(server.port, forge({ subject: victim.peerId }))
  assert.notEqual(caller, '')
  assert.notEqual(caller, victim.peerId)
})

test("a second certificate behind one's own changes nothing: the first one's key counts", async () => {
  let caller = ''
  await using server = await startServer({
    impl: {
      unary: async (_, context) => {
        caller = context.peerId
        return {}
      },
    },
  })
  const me = createIdentity()
  const victim = createIdentity()
  await call(server.port, { key: me.keyPem, cert: me.certificatePem + victim.certificatePem })
  assert.ok(caller === '' || caller === me.peerId, caller)
})

test('whoever does not prove a PeerId gets no answer', async () => {
  let answered = 0
  await using server = await startServer({
    impl: {
      unary: async () => {
        answered++
        return {}
      },
    },
  })
  const cases = [...impostors(), { name: 'no certificate', shown: {} }]
  for (const { name, shown } of cases) {
    const result = await call(server.port, shown)
    assert.equal(typeof result, 'string', `${name} got ${JSON.stringify(result)}`)
  }
  assert.equal(answered, 0)
  assert.equal(server.server.getDebugState().refused, cases.length)
  await until(() => server.server.getDebugState().connections === 0)
})

test('a certificate copied from somebody else is worth nothing without its key', async () => {
  await using server = await startServer()
  const victim = createIdentity()
  const attacker = createIdentity()
  const connect = () => tcpConnect(server.port, '127.0.0.1')
  // The same client with the right key gets in: it is the key that is missed, nothing else.
  assert.deepEqual(
    await attackServer(connect(), {
      certificateDer: der(victim.certificatePem),
      signingKey: victim.privateKey,
    }),
    { kind: 'data' },
  )
  const outcome = await attackServer(connect(), {
    certificateDer: der(victim.certificatePem),
    signingKey: attacker.privateKey,
  })
  assert.deepEqual(outcome, { kind: 'alert', code: 51 }, 'decrypt_error: the signature is not of that key')
})

test('TLS 1.2 is refused', async () => {
  await using server = await startServer()
  const result = await call(server.port, {
    ...certified(createIdentity()),
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
  })
  assert.match(String(result), /PROTOCOL_VERSION/)
})

test('without ALPN, or with another protocol, there is no HTTP/2', async () => {
  await using server = await startServer()
  const me = certified(createIdentity())
  assert.equal(typeof (await call(server.port, { ...me, ALPNProtocols: undefined })), 'string')
  assert.match(
    String(await call(server.port, { ...me, ALPNProtocols: ['http/1.1'] })),
    /ALPN|APPLICATION_PROTOCOL/,
  )
  await until(() => server.server.getDebugState().connections === 0)
})

test('noise, plain HTTP and early hang-ups are closed and forgotten', async () => {
  await using server = await startServer()
  for (const bytes of ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', '\0'.repeat(4000), '\x16\x03\x01\x40\x00']) {
    const socket = tcpConnect(server.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.end(bytes, 'latin1')
    socket.resume()
    await once(socket, 'close')
  }
  await until(() => server.server.getDebugState().connections === 0)
  assert.equal(
    typeof (await call(server.port, certified(createIdentity()))),
    'object',
    'it is as well as before',
  )
})

test('HTTP/2 noise behind a good handshake ends that connection only', async () => {
  await using server = await startServer()
  const socket = tlsConnect({
    port: server.port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    ALPNProtocols: ['h2'],
    ...certified(createIdentity()),
  })
  socket.on('error', () => {})
  socket.resume()
  socket.write('this is not HTTP/2 at all, not even close to a preface')
  await once(socket, 'close')
  assert.equal(typeof (await call(server.port, certified(createIdentity()))), 'object')
})

test('a handshake that dawdles is cut off', async () => {
  await using server = await startServer({ options: { handshakeTimeoutMs: 150 } })
  const socket = tcpConnect(server.port, '127.0.0.1')
  socket.on('error', () => {})
  const dribble = setInterval(() => socket.write(Buffer.of(0x16)), 20)
  socket.resume()
  await once(socket, 'close')
  clearInterval(dribble)
  await until(() => server.server.getDebugState().connections === 0)
})

test('connections are bounded, all together and from one address', async () => {
  for (const options of [{ maxConnections: 2 }, { maxConnectionsPerAddress: 2 }]) {
    await using server = await startServer({ options })
    const held = [1, 2].map(() => tcpConnect(server.port, '127.0.0.1'))
    await until(() => server.server.getDebugState().connections === 2)
    assert.equal(
      typeof (await call(server.port, certified(createIdentity()))),
      'string',
      'the third is closed',
    )
    assert.equal(server.server.getDebugState().turnedAway, 1)
    held[0]!.destroy()
    await until(() => server.server.getDebugState().connections === 1)
    assert.equal(
      typeof (await call(server.port, certified(createIdentity()))),
      'object',
      'a place is free again',
    )
    for (const socket of held) socket.destroy()
  }
})

test('the windows for requests are raised, and streams of one connection bounded', async () => {
  await using server = await startServer()
  const session = http2Connect(`https://127.0.0.1:${server.port}`, {
    createConnection: () =>
      tlsConnect({
        port: server.port,
        host: '127.0.0.1',
        rejectUnauthorized: false,
        ALPNProtocols: ['h2'],
        ...certified(createIdentity()),
      }),
  })
  const [settings] = await once(session, 'remoteSettings')
  assert.equal(settings.initialWindowSize, 1_048_576)
  assert.equal(settings.maxConcurrentStreams, 64)
  await until(() => session.state.remoteWindowSize === 4 * 1_048_576)
  session.destroy()
})
