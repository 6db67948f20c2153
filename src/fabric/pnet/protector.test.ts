import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { ConnectionProtector, Libp2p, Stream } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { preSharedKey } from '@libp2p/pnet'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { until } from '../../../test/support/until.ts'
import { privateNetwork } from './protector.ts'

const ECHO = '/test/echo'
const key = randomBytes(32)
/** libp2p's own protector with the same key. */
const reference = preSharedKey({
  psk: Buffer.from(`/key/swarm/psk/1.0.0/\n/base16/\n${key.toString('hex')}\n`),
})

/** A host on 127.0.0.1 that says back what it is told. */
async function startHost(connectionProtector: () => ConnectionProtector = privateNetwork(key)) {
  const host = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionProtector,
    connectionGater: { denyDialMultiaddr: () => false },
    connectionManager: { inboundConnectionThreshold: 1000 },
  })
  await host.handle(ECHO, async (stream) => {
    for await (const chunk of stream) if (!stream.send(chunk)) await stream.onDrain()
    await stream.close()
  })
  return { host, [Symbol.asyncDispose]: async () => host.stop() }
}

async function echo(from: Libp2p, to: Libp2p, bytes: Uint8Array): Promise<Buffer> {
  const stream: Stream = await from.dialProtocol(to.getMultiaddrs(), ECHO)
  const heard: Uint8Array[] = []
  const listening = (async () => {
    for await (const chunk of stream) heard.push(chunk.subarray().slice())
  })()
  for (let at = 0; at < bytes.length; at += 65_536)
    if (!stream.send(bytes.subarray(at, at + 65_536))) await stream.onDrain()
  await stream.close()
  await listening
  return Buffer.concat(heard)
}

for (const [who, own] of [
  ['the one who dials', true],
  ['the one who is dialled', false],
] as const)
  test(`${who} may be libp2p's own: what is on the wire is the same`, async () => {
    await using a = await startHost(own ? reference : privateNetwork(key))
    await using b = await startHost(own ? privateNetwork(key) : reference)
    const bytes = randomBytes(2 ** 20 + 17)
    assert.ok((await echo(a.host, b.host, bytes)).equals(bytes))
  })

test('many connections at once keep out of each other’s way', async () => {
  await using hub = await startHost()
  const others = await Promise.all(Array.from({ length: 8 }, () => startHost()))
  try {
    const all = others.map(async ({ host }, i) => {
      for (let round = 0; round < 10; round++) {
        const bytes = randomBytes(1000 + 97_001 * ((i + round) % 8))
        assert.ok((await echo(host, hub.host, bytes)).equals(bytes))
      }
    })
    await Promise.all(all)
  } finally {
    for (const other of others) await other[Symbol.asyncDispose]()
  }
})

test('with another key there is no connection', async () => {
  await using a = await startHost()
  await using b = await startHost(privateNetwork(randomBytes(32)))
  await assert.rejects(b.host.dial(a.host.getMultiaddrs()))
  await until('it is gone', () => a.host.getConnections().length === 0 || undefined)
})
