import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { RELAY_V2_HOP_CODEC, RELAY_V2_STOP_CODEC } from '@libp2p/circuit-relay-v2'
import type { Stream } from '@libp2p/interface'
import { until } from '../../../test/support/until.ts'
import { MIB } from '../../base/units.ts'
import { hashOf, sendRandom, sentAll } from './testing/bytes.ts'
import { type Client, Hosts, reserve, through } from './testing/hosts.ts'

const PROTOCOL = '/test/bytes/1'
const LIMITED = { runOnLimitedConnection: true }

async function onlyStream(client: Client, protocol: string): Promise<Stream> {
  return until(protocol, () =>
    client
      .getConnections()
      .flatMap(({ streams }) => streams)
      .find((stream) => stream.protocol === protocol),
  )
}

test('64 MiB pass each way at once over a limited connection, unchanged', async () => {
  await using hosts = new Hosts()
  const relay = await hosts.relay()
  const [a, b] = [await hosts.client(), await hosts.client()]
  await reserve(b, relay)
  const atB = Promise.withResolvers<[sent: string, received: string]>()
  await b.handle(
    PROTOCOL,
    (stream) => {
      Promise.all([sendRandom(stream, 64), hashOf(stream)]).then(atB.resolve, atB.reject)
    },
    LIMITED,
  )
  const connection = await a.dial(through(relay, b))
  assert.ok(connection.limits?.bytes, 'the connection is a limited one')
  const stream = await connection.newStream(PROTOCOL, LIMITED)
  const [sentByA, receivedByA] = await Promise.all([sendRandom(stream, 64), hashOf(stream)])
  const [sentByB, receivedByB] = await atB.promise
  assert.equal(receivedByB, sentByA)
  assert.equal(receivedByA, sentByB)

  const state = relay.services.relay.getDebugState()
  assert.ok(state.bytes > 128 * MIB && state.bytes < 140 * MIB, `${state.bytes}`)
  assert.equal(state.connections, 1)
  assert.deepEqual(state.peers.map(({ peerId }) => peerId).sort(), [a.peerId, b.peerId].map(String).sort())
  await connection.close()
  await until('the end', () => relay.services.relay.getDebugState().connections === 0 || undefined)
  assert.equal(relay.services.relay.getDebugState().waitingBytes, 0)
})

test('a receiver that does not read holds up the sender, not the relay', async () => {
  await using hosts = new Hosts()
  const relay = await hosts.relay()
  const [a, b] = [await hosts.client(), await hosts.client()]
  await reserve(b, relay)
  await a.dial(through(relay, b))
  // Below the relayed connection, where nothing but the relay's flow control is between the two.
  const [from, to] = [await onlyStream(a, RELAY_V2_HOP_CODEC), await onlyStream(b, RELAY_V2_STOP_CODEC)]
  to.pause()
  const rssBefore = process.memoryUsage().rss
  let sent = 0
  const sending = (async () => {
    while (sent < 512 * MIB) {
      from.send(randomBytes(MIB))
      await sentAll(from)
      sent += MIB
    }
  })().catch(() => {})
  let before = -1
  let stillLooks = 0
  let highest = 0
  await until('the sender to be held up', () => {
    const { waitingBytes } = relay.services.relay.getDebugState()
    highest = Math.max(highest, waitingBytes)
    stillLooks = sent === before ? stillLooks + 1 : 0
    before = sent
    return stillLooks >= 10 || undefined
  })
  assert.ok(sent > 0 && sent < 40 * MIB, `${sent / MIB} MiB were sent`)
  // The high mark, and twice the window: what came when reading went on, and since.
  assert.ok(highest <= 9.5 * MIB, `${highest / MIB} MiB waited`)
  assert.ok(process.memoryUsage().rss - rssBefore < 300 * MIB)

  from.abort(new Error('enough'))
  await sending
  await until('the end', () => relay.services.relay.getDebugState().connections === 0 || undefined)
  assert.equal(relay.services.relay.getDebugState().waitingBytes, 0)
})

test('the rate holds, and may change meanwhile', async () => {
  await using hosts = new Hosts()
  const relay = await hosts.relay({ options: { bytesPerSecond: 4 * MIB } })
  const [a, b] = [await hosts.client(), await hosts.client()]
  await reserve(b, relay)
  const received = Promise.withResolvers<string>()
  await b.handle(PROTOCOL, (stream) => void hashOf(stream).then(received.resolve, received.reject), LIMITED)
  const connection = await a.dial(through(relay, b))
  const stream = await connection.newStream(PROTOCOL, LIMITED)
  const passed = () => relay.services.relay.getDebugState().bytes
  const [startBytes, startMs] = [passed(), performance.now()]
  const sending = sendRandom(stream, 64)
  await until('8 MiB', () => passed() - startBytes > 8 * MIB || undefined)
  const seconds = (performance.now() - startMs) / 1000
  const rate = (passed() - startBytes) / seconds / MIB
  // A tenth of a second's worth may be ahead, and this looks only now and then; how slow it is says more of the machine.
  assert.ok(rate < 4.4 && rate > 1, `${rate} MiB/s`)

  relay.services.relay.update({ bytesPerSecond: 0 })
  assert.equal(await received.promise, await sending)
})
