// A private network over real sockets: its members among themselves, and whoever else comes.
import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect as http2Connect } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { duplexPair } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { type ConnectionOptions, type PeerCertificate, TLSSocket, connect as tlsConnect } from 'node:tls'
import { systemClock } from '../../src/base/clock.ts'
import { withDeadline } from '../../src/base/signals.ts'
import { createIdentity, type Identity } from '../../src/link/identity.ts'
import { KNOCK_BYTES, makeKnock } from '../../src/link/knock.ts'
import { privateCertificate } from '../../src/link/private-certificate.ts'
import { all, message, until } from './harness.ts'
import { forge } from './impostors.ts'
import { attackServer } from './mini-tls.ts'
import {
  homeNetwork,
  openMember,
  otherNetwork,
  receivedFrom,
  startMember,
  startRecorder,
  startStranger,
} from './private-harness.ts'

const HANDSHAKE_MS = 300
const QUICK = { handshakeTimeoutMs: HANDSHAKE_MS }
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

/** All the ways in which a PeerId could be written in what a stranger sees. */
function tracesOf({ peerId, publicKey }: Identity): Buffer[] {
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url')
  const texts = [peerId, raw.toString('hex'), raw.toString('base64'), raw.toString('base64url')]
  return [raw, createHash('sha256').update(peerId).digest(), ...texts.map((text) => Buffer.from(text))]
}

function assertNothingOf(identity: Identity, seen: Buffer): void {
  for (const trace of tracesOf(identity)) assert.equal(seen.indexOf(trace), -1)
}

/** TLS by somebody who is no member, after `knock`: what the handshake showed, and what came after it. */
async function tlsAfter(knock: Uint8Array, port: number, options: ConnectionOptions = {}) {
  const tcp = connect(port, '127.0.0.1')
  tcp.on('error', () => {})
  tcp.write(knock)
  const seen: Buffer[] = []
  const tls = tlsConnect({ socket: tcp, rejectUnauthorized: false, ALPNProtocols: ['h2'], ...options })
  let shown: PeerCertificate | undefined
  tls.on('error', () => {})
  tls.on('secureConnect', () => {
    shown = tls.getPeerCertificate()
    // A whole request, in case it is answered before it is refused.
    tls.write(`${PREFACE}\0\0\0\x04\0\0\0\0\0`)
  })
  tls.on('data', (chunk: Buffer) => seen.push(chunk))
  await new Promise((resolve) => tls.once('close', resolve))
  return { certificate: shown?.raw, answer: Buffer.concat(seen) }
}

test('members talk: every shape of call, both PeerIds proved, and whoever is expected', async () => {
  let caller = ''
  await using server = await startMember({
    impl: {
      unary: async ({ value }, context) => {
        caller = context.peerId
        return { value }
      },
    },
  })
  await using me = openMember()
  const client = me.client(server)
  assert.equal((await client.unary(message(7))).value[0], 7)
  assert.equal(caller, me.identity.peerId)
  assert.equal((await all(client.spread(message(3)))).length, 3)
  const unknown = me.client({ address: server.address })
  await unknown.unary({})
  assert.equal(unknown.remotePeerId(), server.identity.peerId)
  await assert.rejects(me.client({ identity: createIdentity(), address: server.address }).unary({}), {
    code: 'WRONG_IDENTITY',
  })
})

test('a large answer comes whole: the knock takes nothing from the fast way of TLS', async () => {
  await using server = await startMember()
  await using me = openMember()
  const answers = await all(me.client(server).spread(message(16, 2 ** 20)))
  assert.equal(answers.length, 16)
  assert.ok(answers.every(({ value }) => value.length === 2 ** 20))
})

test('members of different networks, and of none, do not talk, and the member is told why', async () => {
  let calls = 0
  const count = {
    unary: async () => {
      calls++
      return {}
    },
  }
  await using home = await startMember({ impl: count })
  await using other = await startMember({ impl: count, network: otherNetwork() })
  await using open = await startMember({ impl: count, network: null })
  await using member = openMember()
  await using stranger = openMember({ network: null })
  await using otherMember = openMember({ network: otherNetwork() })
  for (const server of [other, open]) {
    const refused = {
      code: 'UNAVAILABLE',
      message: /network "home".* belongs to another network, or to none/,
    }
    await assert.rejects(member.client(server).unary({}), refused)
  }
  await assert.rejects(otherMember.client(home).unary({}), { code: 'UNAVAILABLE' })
  await assert.rejects(stranger.client(home).unary({}), (error: Error) => {
    assert.doesNotMatch(error.message, /private|belongs|home|12D3Koo/)
    return true
  })
  assert.equal(calls, 0)
  await member.client(home).unary({})
  await stranger.client(open).unary({})
  assert.equal(calls, 2)
})

test('before a knock not a byte comes back, whatever is sent', async () => {
  await using server = await startMember({ options: QUICK })
  const knock = makeKnock(homeNetwork().key)
  const almost = Buffer.from(knock)
  almost[KNOCK_BYTES - 1]! ^= 1
  const openings: [name: string, bytes: Uint8Array | string][] = [
    ['nothing', ''],
    ['one byte', 'x'],
    ['random bytes', randomBytes(4096)],
    ['an HTTP/2 preface', `${PREFACE}\0\0\0\x04\0\0\0\0\0`],
    ['an HTTP/1 request', `GET / HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`],
    ['the greeting of libp2p', '\x13/multistream/1.0.0\n'],
    ['a knock of another network', makeKnock(otherNetwork().key)],
    ['a knock with one bit wrong', almost],
    ['a knock behind another byte', Buffer.concat([Buffer.of(0), knock])],
    ['most of a knock', knock.subarray(0, KNOCK_BYTES - 1)],
  ]
  for (const [name, bytes] of openings) {
    for (const isEnded of [false, true]) {
      const socket = connect(server.port, '127.0.0.1')
      const received = receivedFrom(socket)
      if (isEnded) socket.end(bytes)
      else socket.write(bytes)
      assert.equal((await received).length, 0, name)
    }
  }
  const { certificate, answer } = await tlsAfter(Buffer.alloc(0), server.port)
  assert.equal(certificate, undefined)
  assert.equal(answer.length, 0)
  assert.equal(server.server.getDebugState().connections, 0)
})

test('a knock that drips in byte by byte, each in time, is cut off at the same moment as silence', async () => {
  await using server = await startMember({ options: QUICK })
  const socket = connect(server.port, '127.0.0.1')
  await once(socket, 'connect')
  const startMs = performance.now()
  const received = receivedFrom(socket)
  const knock = makeKnock(homeNetwork().key)
  let sent = 0
  const drip = setInterval(() => socket.write(knock.subarray(sent, ++sent)), HANDSHAKE_MS / 20)
  assert.equal((await received).length, 0)
  clearInterval(drip)
  assert.ok(sent < KNOCK_BYTES, `${sent} bytes were waited for`)
  assert.ok(performance.now() - startMs < 10 * HANDSHAKE_MS)
})

test('a knock that was overheard opens a TLS handshake that names nobody, and ends there', async () => {
  await using server = await startMember()
  await using recorder = await startRecorder(server.port)
  await using member = openMember()
  await member.client({ identity: server.identity, address: recorder.address }).unary(message(7))
  const overheard = recorder.sent().subarray(0, KNOCK_BYTES)

  const own = createIdentity()
  const attempts: [name: string, options: ConnectionOptions][] = [
    ['no certificate', {}],
    ['a certificate of its own', { key: own.keyPem, cert: own.certificatePem }],
    ['an RSA certificate', forge({ kind: 'rsa' })],
    ["a certificate under the server's name", forge({ subject: server.identity.peerId })],
    ['a certificate of another network', pemOf(privateCertificate(own, otherNetwork().key, Date.now()))],
  ]
  for (const [name, options] of attempts) {
    const { certificate, answer } = await tlsAfter(overheard, server.port, options)
    assert.ok(certificate, name)
    assertNothingOf(server.identity, certificate)
    assert.equal(answer.length, 0, `${name}: nothing of HTTP/2, no error, no end`)
  }
  await member.client({ identity: server.identity, address: recorder.address }).unary({})
})

const pemOf = ({ keyPem, certificatePem }: { keyPem: string; certificatePem: string }) => ({
  key: keyPem,
  cert: certificatePem,
})

test('a certificate copied from a member, without its key, is worth nothing', async () => {
  await using server = await startMember()
  const knock = makeKnock(homeNetwork().key)
  const { certificate } = await tlsAfter(knock, server.port)
  const member = privateCertificate(createIdentity(), homeNetwork().key, Date.now())
  const memberDer = new X509Certificate(member.certificatePem).raw
  for (const certificateDer of [certificate!, memberDer]) {
    const socket = connect(server.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(knock)
    const signingKey = generateKeyPairSync('ed25519').privateKey
    assert.deepEqual(await attackServer(socket, { certificateDer, signingKey }), { kind: 'alert', code: 51 })
    socket.destroy()
  }
})

test('whoever is dialled by mistake learns nothing: not who dials, not from which network', async () => {
  const { key } = homeNetwork()
  await using member = openMember()
  // The second one is given a true certificate, so that the member goes on to show its own.
  const certificates = [forge(), pemOf(privateCertificate(createIdentity(), key, Date.now()))]
  for (const [isTrue, certificate] of certificates.entries()) {
    const inside: Buffer[] = []
    let knock: Buffer | undefined
    let shown: PeerCertificate | undefined
    await using trap = await startStranger((socket) => {
      socket.once('readable', () => {
        knock = socket.read(KNOCK_BYTES)
        const options = { isServer: true, ...certificate, ALPNProtocols: ['h2'] }
        const tls = new TLSSocket(socket, { ...options, requestCert: true, rejectUnauthorized: false })
        tls.on('error', () => {})
        tls.on('data', (chunk: Buffer) => inside.push(chunk))
        tls.on('secure', () => {
          shown = tls.getPeerCertificate()
        })
      })
    })
    using short = withDeadline(systemClock, 2000)
    const called = member.client({ address: trap.address }).unary({}, { signal: short.signal })
    if (isTrue) {
      await until(() => shown !== undefined && inside.length > 0)
      await assert.rejects(called)
      assert.ok(shown?.raw)
    } else {
      await assert.rejects(called, { code: 'UNAUTHENTICATED', message: /another network, or to none/ })
      assert.equal(inside.length, 0)
    }
    assert.equal(knock?.length, KNOCK_BYTES)
    if (shown?.raw) assertNothingOf(member.identity, shown.raw)
  }
  await using silent = await startStranger((socket) => socket.end())
  await assert.rejects(member.client({ address: silent.address }).unary({}), { code: 'UNAVAILABLE' })
})

test('what passes between members shows neither what is said nor who they are', async () => {
  const secret = 'minutes of the board meeting.odt'
  await using server = await startMember()
  await using recorder = await startRecorder(server.port)
  await using member = openMember()
  const client = member.client({ identity: server.identity, address: recorder.address })
  const value = Buffer.from(secret.repeat(100))
  assert.deepEqual(Buffer.from((await client.unary({ value })).value), value)
  for (const bytes of [recorder.sent(), recorder.answered()]) {
    assert.ok(bytes.length > value.length)
    for (const text of [secret, 'shoal', 'Echo', '12D3Koo', 'localhost'])
      assert.equal(bytes.indexOf(text), -1)
    for (const { identity } of [server, member]) assertNothingOf(identity, bytes)
  }
})

test('the list is kept on both sides, and whoever is taken off it is cut off while calls run', async () => {
  const [anna, ben] = [createIdentity(), createIdentity()]
  const listed = homeNetwork([anna.peerId])
  await using server = await startMember({ network: listed })
  await using annas = openMember({ identity: anna })
  await using bens = openMember({ identity: ben })
  await annas.client(server).unary({})
  await assert.rejects(bens.client(server).unary({}), (error: Error) => {
    assert.doesNotMatch(error.message, /list|allowed/)
    return true
  })
  const choosy = homeNetwork([createIdentity().peerId])
  await using picky = openMember({ network: choosy })
  await assert.rejects(picky.client(server).unary({}), {
    code: 'PERMISSION_DENIED',
    message: new RegExp(`${server.identity.peerId} is not on the list`),
  })

  const chat = annas.client(server).chat(
    (async function* () {
      yield message(1)
      await new Promise(() => {})
    })(),
  )
  const answers = chat[Symbol.asyncIterator]()
  await answers.next()
  let changes = 0
  listed.changes.on(() => changes++)
  listed.setAllowed([ben.peerId])
  await assert.rejects(answers.next(), { code: 'UNAVAILABLE' })
  assert.equal(changes, 1)
  await assert.rejects(annas.client(server).unary({}))
  await until(() => bens.pool.peers().every(({ state }) => state !== 'connecting'))
  await using again = openMember({ identity: ben })
  await again.client(server).unary({})

  choosy.setAllowed(undefined)
  await using now = openMember({ network: choosy })
  await now
    .client(server)
    .unary({})
    .then(
      () => assert.fail('the server has a list too'),
      () => {},
    )
})

test('a tunnel goes through the same door', async () => {
  let caller: object | undefined
  await using server = await startMember({
    options: QUICK,
    impl: {
      unary: async (_, { peerId, remoteAddress }) => {
        caller = { peerId, remoteAddress }
        return {}
      },
    },
  })
  const { key } = homeNetwork()
  const tries = [
    { knock: makeKnock(key), isMember: true },
    { knock: makeKnock(otherNetwork().key), isMember: false },
    { knock: Buffer.alloc(0), isMember: false },
  ]
  for (const { knock, isMember } of tries) {
    caller = undefined
    const me = createIdentity()
    const [near, far] = duplexPair()
    far.on('close', () => near.destroy())
    near.on('close', () => far.destroy())
    const received: Buffer[] = []
    server.server.injectConnection(far)
    near.write(knock)
    const session = http2Connect('https://tunnel', {
      createConnection: () => {
        near.on('data', (chunk: Buffer) => received.push(chunk))
        return tlsConnect({
          socket: near,
          rejectUnauthorized: false,
          ALPNProtocols: ['h2'],
          ...pemOf(privateCertificate(me, key, Date.now())),
        })
      },
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
    assert.deepEqual(caller, isMember ? { peerId: me.peerId, remoteAddress: '' } : undefined)
    assert.equal(received.length > 0, isMember)
    session.destroy()
  }
  await until(() => server.server.getDebugState().connections === 0)
})

test('a thousand dials by strangers give them nothing, and members talk meanwhile', async (t: TestContext) => {
  const DIALS = 1000
  await using server = await startMember({ options: { handshakeTimeoutMs: 2000 } })
  await using member = openMember()
  const sockets: Socket[] = []
  let bytes = 0
  const openings = [
    () => Buffer.alloc(0),
    () => Buffer.from('x'),
    () => randomBytes(200),
    () => makeKnock(otherNetwork().key),
    () => Buffer.from(PREFACE),
  ]
  const ended: Promise<void>[] = []
  for (let i = 0; i < DIALS; i++) {
    const socket = connect(server.port, '127.0.0.1')
    socket.write(openings[i % openings.length]!())
    sockets.push(socket)
    ended.push(
      receivedFrom(socket).then((received) => {
        bytes += received.length
      }),
    )
    if (i % 100 === 99) {
      await using newcomer = openMember()
      await newcomer.client(server).unary({})
      await member.client(server).unary({})
    }
  }
  t.diagnostic(`${server.server.getDebugState().knocking} wait to be thrown out`)
  await using last = openMember()
  await last.client(server).unary({})
  await Promise.all(ended)
  assert.equal(bytes, 0)
  assert.equal(server.server.getDebugState().knocking, 0)
  await until(() => server.server.getDebugState().connections === 2)
})

test('a thousand calls by nodes of the public network and of another one reach no method', async () => {
  let calls = 0
  const count = {
    unary: async () => {
      calls++
      return {}
    },
  }
  await using server = await startMember({ impl: count })
  const publicNode = createIdentity()
  let refused = 0
  const callOn = async (isMemberElsewhere: boolean) => {
    for (let i = 0; i < 100; i++) {
      await using stranger = openMember({
        identity: publicNode,
        network: isMemberElsewhere ? otherNetwork() : null,
      })
      await stranger
        .client({ address: server.address })
        .unary({})
        .catch(() => refused++)
    }
  }
  await Promise.all(Array.from({ length: 10 }, (_, i) => callOn(i % 2 === 0)))
  assert.deepEqual([refused, calls], [1000, 0])
  await using member = openMember()
  await member.client(server).unary({})
  assert.equal(calls, 1)
})

test('a server that stops cuts off those who have not knocked', async () => {
  await using server = await startMember()
  const socket = connect(server.port, '127.0.0.1')
  await until(() => server.server.getDebugState().knocking === 1)
  const received = receivedFrom(socket)
  await server.server.stop({ graceMs: 50 })
  assert.equal((await received).length, 0)
  assert.equal(server.server.getDebugState().knocking, 0)
})
