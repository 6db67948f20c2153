// The client against servers that are not what they should be: plain TLS and TCP servers that know nothing
// of this code.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createSecureServer } from 'node:http2'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { test } from 'node:test'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { createIdentity, type Identity } from '../../src/link/identity.ts'
import { dialAs, openPool } from './harness.ts'
import { forge, impostors } from './impostors.ts'
import { attackClient, type Outcome } from './mini-tls.ts'

async function serve(server: Server) {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

const http2 = (options: TlsOptions) =>
  serve(createSecureServer({ requestCert: true, rejectUnauthorized: false, ...options }))
const certified = (identity: Identity) => ({ key: identity.keyPem, cert: identity.certificatePem })

test('a plain HTTP/2 server with the right key is accepted, and its PeerId known', async () => {
  const identity = createIdentity()
  await using server = await http2(certified(identity))
  const connection = await dialAs(server.address, { expect: identity.peerId })
  assert.equal(connection.peerId, identity.peerId)
  await connection.close()
})

test('another key: WRONG_IDENTITY, at once and again at once, and not hidden in UNAVAILABLE', async () => {
  const expected = createIdentity()
  const actual = createIdentity()
  await using server = await http2(certified(actual))
  await using me = openPool()
  const client = me.client({ identity: expected, address: server.address })
  const wrong = {
    code: 'WRONG_IDENTITY',
    message: `${expected.peerId} was expected, ${actual.peerId} answered.`,
    details: { expected: expected.peerId, answered: actual.peerId },
  }
  await assert.rejects(client.unary({}), wrong)
  await assert.rejects(client.unary({}), wrong)
  assert.equal(client.remoteAddress(), undefined)
})

test("another key under the expected peer's name: WRONG_IDENTITY", async () => {
  const expected = createIdentity()
  await using server = await http2(forge({ subject: expected.peerId }))
  await assert.rejects(dialAs(server.address, { expect: expected.peerId }), { code: 'WRONG_IDENTITY' })
})

test('servers that prove nothing are refused, whoever is expected', async () => {
  for (const { name, shown, why } of impostors()) {
    await using server = await http2(shown)
    const refused = { code: 'UNAUTHENTICATED', message: why }
    await assert.rejects(dialAs(server.address), refused, name)
    await assert.rejects(dialAs(server.address, { expect: createIdentity().peerId }), refused, name)
  }
})

test('a server with a certificate copied from the expected peer, without its key, fails the handshake', async () => {
  const victim = createIdentity()
  const certificateDer = new X509Certificate(victim.certificatePem).raw
  for (const signingKey of [victim.privateKey, createIdentity().privateKey]) {
    const outcome = Promise.withResolvers<Outcome>()
    await using server = await serve(
      createServer((socket) =>
        attackClient(socket, { certificateDer, signingKey }).then(outcome.resolve, outcome.reject),
      ),
    )
    const dialled = dialAs(server.address, { expect: victim.peerId })
    if (signingKey === victim.privateKey) {
      // The same server with the right key is believed: it is the key that is missed below, nothing else.
      const connection = await dialled
      assert.equal(connection.peerId, victim.peerId)
      assert.deepEqual(await outcome.promise, { kind: 'data' })
      await connection.close()
    } else {
      await assert.rejects(dialled, { code: 'UNAVAILABLE', message: /handshake failed.*signature/i })
      assert.deepEqual(await outcome.promise, { kind: 'alert', code: 51 }, 'decrypt_error')
    }
  }
})

test('TLS 1.2, no ALPN, http/1.1 and plain TCP are refused', async () => {
  const identity = createIdentity()
  const me = certified(identity)
  const servers: [string, Server][] = [
    ['TLS 1.2', createTlsServer({ ...me, maxVersion: 'TLSv1.2', ALPNProtocols: ['h2'] })],
    ['no ALPN', createTlsServer(me)],
    ['http/1.1', createTlsServer({ ...me, ALPNProtocols: ['http/1.1'] })],
    ['noise', createServer((socket) => socket.write('SSH-2.0-OpenSSH_9.9\r\n'))],
    ['a slammed door', createServer((socket) => socket.destroy())],
  ]
  for (const [name, plain] of servers) {
    await using server = await serve(plain)
    const dialled = dialAs(server.address, { expect: identity.peerId })
    await assert.rejects(dialled, { code: 'UNAVAILABLE' }, name)
  }
})

test('a server that says nothing, before or after the handshake, is given up in time', async () => {
  const identity = createIdentity()
  const silent = [createServer(), createTlsServer({ ...certified(identity), ALPNProtocols: ['h2'] })]
  for (const plain of silent) {
    await using server = await serve(plain)
    const options = { connectTimeoutMs: 200 }
    await assert.rejects(dialAs(server.address, { expect: identity.peerId, options }), {
      code: 'UNAVAILABLE',
      message: /did not answer within 200 ms/,
    })
  }
})
