import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Libp2p, PeerId } from '@libp2p/interface'
import type { TransportManager } from '@libp2p/interface-internal'
import { multiaddr } from '@multiformats/multiaddr'
import { until } from '../../../test/support/until.ts'
import { Hosts, reserve, through } from './testing/hosts.ts'

interface WithStore {
  readonly reservationStore: { addRelay(peer: PeerId, type: string): Promise<unknown> }
}

const transportsOf = (host: object) =>
  (host as { components: { transportManager: TransportManager } }).components.transportManager
const portOf = (host: Pick<Libp2p, 'getMultiaddrs'>) =>
  Number(
    host
      .getMultiaddrs()[0]!
      .getComponents()
      .find(({ name }) => name === 'tcp')!.value,
  )

test('after a restart of the relay its clients come back within seconds', async () => {
  await using hosts = new Hosts()
  const privateKey = await generateKeyPair('Ed25519')
  const first = await hosts.relay({ privateKey })
  const port = portOf(first)
  const [a, b] = [await hosts.client(), await hosts.client()]
  await reserve(b, first)
  const { reservations } = b.services
  let changes = 0
  reservations.onChange.on(() => changes++)
  const before = reservations.addresses.map(String)

  await first.stop()
  await until('the reservation to be lost', () => reservations.relays.length === 0 || undefined)
  assert.deepEqual(reservations.addresses, [])
  // So at least one attempt has failed.
  await until('a failed dial', async () => {
    const peer = await b.peerStore.get(first.peerId)
    return peer.metadata.has('last-dial-failure') || undefined
  })
  const second = await hosts.relay({ privateKey, port })
  await until('a new reservation', () => reservations.relays.length === 1 || undefined, 15_000)
  assert.deepEqual(reservations.addresses.map(String), before)
  assert.ok(changes >= 2)
  const connection = await a.dial(through(second, b))
  assert.equal(connection.remotePeer.toString(), b.peerId.toString())
})

for (const plain of [false, true]) {
  const name = plain
    ? 'libp2p alone never asks a peer again that once was no relay'
    : 'a peer that becomes a relay later is asked again'
  test(name, async () => {
    await using hosts = new Hosts()
    const relay = await hosts.lateRelay()
    const b = await hosts.client({ plain })
    const listen = () => transportsOf(b).listen([multiaddr(`/p2p/${relay.peerId}/p2p-circuit`)])
    await b.peerStore.merge(relay.peerId, { multiaddrs: relay.getMultiaddrs() })
    await assert.rejects(listen())
    await relay.services.late.relay.start()
    if (plain)
      await assert.rejects(
        listen(),
        /previously invalid/,
        'libp2p does not remember failures any more: forgetFailures in transport.ts can go',
      )
    else await listen()
    assert.equal(relay.services.late.relay.getDebugState().reservations, plain ? 0 : 1)
    await relay.services.late.relay.stop()
  })
}

test('a reservation that is renewed in time does not end', async () => {
  await using hosts = new Hosts()
  const reservationMs = 2000
  const relay = await hosts.relay({ options: { reservationMs } })
  const b = await hosts.client()
  await reserve(b, relay)
  const startMs = performance.now()
  const store = transportsOf(b)
    .getTransports()
    .map((transport) => (transport as Partial<WithStore>).reservationStore)
    .find((found) => found !== undefined)!
  while (performance.now() - startMs < 2.5 * reservationMs) {
    await store.addRelay(relay.peerId, 'configured')
    assert.equal(relay.services.relay.getDebugState().reservations, 1)
    await wait(reservationMs / 5)
    assert.equal(relay.services.relay.getDebugState().reservations, 1, 'it ended between two renewals')
  }
  await until(
    'the end, without another renewal',
    () => relay.services.relay.getDebugState().reservations === 0 || undefined,
  )
})

test('reservations are given up and made again as wanted', async () => {
  await using hosts = new Hosts()
  const [relay, other] = [await hosts.relay(), await hosts.relay()]
  const [a, b] = [await hosts.client(), await hosts.client()]
  const { reservations } = b.services
  reservations.prefer([...relay.getMultiaddrs(), ...other.getMultiaddrs()])
  let shown = 0
  reservations.onChange.on(() => {
    shown = reservations.addresses.length
  })
  for (let i = 0; i < 3; i++) {
    reservations.want(true)
    await until('two relays', () => shown === 2 || undefined)
    await a.dial(through(relay, b), { force: true })
    reservations.want(false)
    await until('none', () => shown === 0 || undefined)
    await until('no address', () => b.getMultiaddrs().length === 0 || undefined)
    await assert.rejects(a.dial(through(relay, b), { force: true }), 'it refuses what the relay still brings')
  }
})

test('finds relays among the peers it is connected with, and goes to a preferred one besides', async () => {
  await using hosts = new Hosts()
  const found = [await hosts.relay(), await hosts.relay(), await hosts.relay()]
  const b = await hosts.client()
  const { reservations } = b.services
  for (const relay of found) await b.dial(relay.getMultiaddrs())
  reservations.want(true)
  await until('two relays', () => reservations.relays.length === 2 || undefined)

  const server = await hosts.relay()
  reservations.prefer(server.getMultiaddrs())
  await until('the preferred one', () => reservations.relays.includes(server.peerId.toString()) || undefined)
  assert.equal(reservations.relays.length, 3)
  assert.equal(reservations.addresses.length, 3)
})

test('a stranger cannot make itself the relay of a node', async () => {
  await using hosts = new Hosts()
  const relay = await hosts.relay()
  const b = await hosts.client()
  const connection = await b.dial(relay.getMultiaddrs())
  await until('the relay to know', () => relay.getPeers().length === 1 || undefined)
  const stream = await relay.dialProtocol(b.peerId, '/libp2p/circuit/relay/0.2.0/stop')
  await until('it to be refused', () => stream.status === 'reset' || undefined)
  assert.equal(connection.status, 'open')
  assert.equal(relay.services.relay.getDebugState().reservations, 0)
  assert.deepEqual(b.getMultiaddrs(), [])
})
