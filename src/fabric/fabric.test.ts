import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { Emitter } from '../base/events.ts'
import { silentLogger } from '../base/log.ts'
import { systemRandom } from '../base/random.ts'
import { createIdentity } from '../link/identity.ts'
import { Fabric } from './fabric.ts'
import type { FabricSetup } from './setup.ts'

const anySignal = () => AbortSignal.timeout(10_000)

async function startFabric(change: Partial<FabricSetup> = {}) {
  const identity = createIdentity()
  const tunnels: Duplex[] = []
  const fabric = await Fabric.create({
    identity,
    host: '127.0.0.1',
    tcp: { port: 0, fallback: false },
    webSocket: { port: 0, fallback: false },
    announce: [],
    mdns: false,
    upnp: false,
    forward: () => [],
    dhtServer: true,
    onTunnel: (stream) => tunnels.push(stream),
    interfaces: () => ({}),
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    ...change,
  })
  await fabric.start()
  return { fabric, identity, tunnels, [Symbol.asyncDispose]: () => fabric.stop() }
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.ok(condition(), `never came true: ${condition}`)
}

async function readAll(stream: Duplex): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(stream))
}

test('it listens on TCP and WebSockets, and tells both with its PeerId', async () => {
  await using a = await startFabric()
  const listening = a.fabric.listening()
  assert.equal(listening.length, 2)
  assert.ok(listening.every((address) => address.endsWith(`/p2p/${a.identity.peerId}`)))
  assert.ok(listening.some((address) => address.includes('/ws/')))
  assert.ok(a.fabric.addresses().every((address) => !address.includes('/p2p/')))
})

for (const kind of ['tcp', 'ws']) {
  test(`a tunnel over ${kind} carries bytes both ways, whole, with back-pressure`, async () => {
    await using a = await startFabric()
    await using b = await startFabric()
    const addresses = b.fabric.addresses().filter((address) => address.endsWith('/ws') === (kind === 'ws'))
    const { stream, road } = await a.fabric.open(b.identity.peerId, addresses, anySignal())
    assert.equal(road, 'tunnel')
    assert.equal(a.fabric.roadTo(b.identity.peerId), 'tunnel')
    stream.write('hello')
    await until(() => b.tunnels.length === 1)
    const far = b.tunnels[0]!
    const sent = randomBytes(24 * 1024 * 1024)
    const back = randomBytes(3 * 1024 * 1024)
    stream.end(sent)
    // Nobody reads for a while: more than a window waits, and nothing is lost or reset.
    await new Promise((resolve) => setTimeout(resolve, 300))
    const got = await readAll(far)
    assert.ok(got.subarray(5).equals(sent))
    far.end(back)
    assert.ok((await readAll(stream)).equals(back))
  })
}

test('who writes to somebody that does not read waits, and goes on when it does', async () => {
  await using a = await startFabric()
  await using b = await startFabric()
  const { stream } = await a.fabric.open(b.identity.peerId, b.fabric.addresses(), anySignal())
  const chunk = randomBytes(1024 * 1024)
  const total = 200
  let written = 0
  const writing = (async () => {
    for (; written < total; written++) if (!stream.write(chunk)) await once(stream, 'drain')
    stream.end()
  })()
  await until(() => b.tunnels.length === 1)
  const far = b.tunnels[0]!
  let read = 0
  // A part is read, then nobody reads for a while: what has been written is far from all.
  for await (const bytes of far as AsyncIterable<Buffer>) {
    read += bytes.length
    if (read < 8 * chunk.length || read > 9 * chunk.length) continue
    const before = written
    await new Promise((resolve) => setTimeout(resolve, 300))
    assert.ok(written < 60, `${written} MiB were taken, ${before} before the pause`)
  }
  await writing
  assert.equal(read, total * chunk.length)
})

test('a stream that one side destroys breaks for the other', async () => {
  await using a = await startFabric()
  await using b = await startFabric()
  const { stream } = await a.fabric.open(b.identity.peerId, b.fabric.addresses(), anySignal())
  stream.write('x')
  await until(() => b.tunnels.length === 1)
  const broken = new Promise<Error>((resolve) => b.tunnels[0]!.once('error', resolve))
  b.tunnels[0]!.resume()
  stream.destroy()
  assert.match((await broken).message, /tunnel broke/)
})

test('a peer that is not there, or is somebody else, cannot be reached, and the error says who', async () => {
  await using a = await startFabric()
  await using b = await startFabric()
  const nobody = createIdentity().peerId
  await assert.rejects(a.fabric.open(nobody, ['/ip4/127.0.0.1/tcp/9'], anySignal()), {
    code: 'UNAVAILABLE',
    message: new RegExp(nobody),
  })
  await assert.rejects(a.fabric.open(nobody, b.fabric.addresses(), anySignal()), { code: 'UNAVAILABLE' })
})

test('known peers are connected, and who runs Shoal is told with its addresses', async () => {
  await using a = await startFabric()
  await using b = await startFabric()
  const told: { peerId: string; addresses: readonly string[] }[] = []
  a.fabric.peerConnected.on((peer) => told.push(peer))
  a.fabric.know(b.identity.peerId, ['nonsense', ...b.fabric.addresses()])
  a.fabric.know(a.identity.peerId, a.fabric.addresses())
  await until(() => told.length > 0)
  assert.equal(told[0]!.peerId, b.identity.peerId)
  assert.deepEqual([...told[0]!.addresses].sort(), b.fabric.addresses().sort())
  assert.deepEqual(
    a.fabric.peers().map(({ peerId, road }) => [peerId, road]),
    [[b.identity.peerId, 'tunnel']],
  )
  assert.equal(a.fabric.reachability, 'local')
  await until(() => a.fabric.dht.mode() === 'server' && a.fabric.dht.size() === 1)
})

test('a named port that is taken is an error, another gives way', async () => {
  await using a = await startFabric()
  const port = Number(
    a.fabric
      .listening()
      .find((address) => !address.includes('/ws'))!
      .split('/')[4],
  )
  await assert.rejects(startFabric({ tcp: { port, fallback: false } }), { code: 'CONFLICT' })
  await using b = await startFabric({ tcp: { port, fallback: true } })
  assert.ok(!b.fabric.listening().some((address) => address.includes(`/tcp/${port}/p2p`)))
})

test('of many that start at once with the same port all listen', async () => {
  await using first = await startFabric()
  const port =
    Number(
      first.fabric
        .listening()
        .find((address) => !address.includes('/ws'))!
        .split('/')[4],
    ) + 1
  const wanted = { port, fallback: true }
  const many = await Promise.all(
    Array.from({ length: 5 }, () => startFabric({ tcp: wanted, webSocket: wanted })),
  )
  try {
    for (const { fabric } of many) assert.equal(fabric.listening().length, 2)
    assert.equal(
      new Set(many.flatMap(({ fabric }) => fabric.listening().map((each) => each.split('/')[4]))).size,
      10,
    )
  } finally {
    await Promise.all(many.map(({ fabric }) => fabric.stop()))
  }
})

test('in a private network strangers get no connection, and members who are not on the list get none either', async () => {
  const key = (byte: string) => Buffer.from(byte.repeat(32), 'hex')
  const network = { pnetKey: key('ab'), allows: () => true, onChange: () => () => {} }
  await using a = await startFabric({ network })
  await using b = await startFabric({ network })
  await a.fabric.open(b.identity.peerId, b.fabric.addresses(), anySignal())
  await using other = await startFabric({ network: { ...network, pnetKey: key('cd') } })
  await using open = await startFabric()
  for (const stranger of [other, open])
    await assert.rejects(stranger.fabric.open(a.identity.peerId, a.fabric.addresses(), anySignal()))
  await using strict = await startFabric({
    network: { ...network, allows: (id) => id === a.identity.peerId },
  })
  await assert.rejects(b.fabric.open(strict.identity.peerId, strict.fabric.addresses(), anySignal()))
  await a.fabric.open(strict.identity.peerId, strict.fabric.addresses(), anySignal())
})

test('who is taken off the list of a private network is disconnected', async () => {
  const pnetKey = Buffer.from('ef'.repeat(32), 'hex')
  const changes = new Emitter<void>()
  const banned = new Set<string>()
  const network = {
    pnetKey,
    allows: (id: string) => !banned.has(id),
    onChange: (on: () => void) => changes.on(on),
  }
  await using a = await startFabric({ network })
  await using b = await startFabric({ network: { pnetKey, allows: () => true, onChange: () => () => {} } })
  await b.fabric.open(a.identity.peerId, a.fabric.addresses(), anySignal())
  await until(() => a.fabric.peers().length === 1)
  banned.add(b.identity.peerId)
  changes.emit()
  await until(() => a.fabric.peers().length === 0)
})
