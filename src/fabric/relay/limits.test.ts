import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection, Stream } from '@libp2p/interface'
import { until } from '../../../test/support/until.ts'
import { ManualClock } from '../../base/clock.ts'
import { MIB } from '../../base/units.ts'
import type { RelayCode } from './codes.ts'
import { NOTICE_PROTOCOL } from './notice.ts'
import type { RelayOptions } from './options.ts'
import { type Client, Hosts, reserve, through } from './testing/hosts.ts'

const PROTOCOL = '/test/sink/1'
const LIMITED = { runOnLimitedConnection: true }
const DAY_MS = 86_400_000

/** A relay with `options`, and two clients of which the second can be reached through it. */
async function world(hosts: Hosts, options: Partial<RelayOptions>) {
  const clock = new ManualClock()
  const host = await hosts.relay({ clock, options })
  const [a, b] = [await hosts.client(), await hosts.client()]
  await reserve(b, host)
  await b.handle(PROTOCOL, (stream) => void stream.addEventListener('message', () => {}), LIMITED)
  return { clock, host, relay: host.services.relay, relayId: host.peerId.toString(), a, b }
}

/** Sends to `b` until it is stopped, or `mib` MiB are gone. */
async function pour(a: Client, address: Parameters<Client['dial']>[0], mib: number): Promise<Stream> {
  const connection = await a.dial(address)
  const stream = await connection.newStream(PROTOCOL, LIMITED)
  for (let i = 0; i < mib && stream.status === 'open'; i++) stream.send(new Uint8Array(MIB))
  return stream
}

const noticeOf = (client: Client, relayId: string, code: RelayCode) =>
  until(`${code}`, () => {
    const latest = client.services.notices.latest(relayId)
    return latest?.notice.code === code ? latest : undefined
  })

test('a used up quota ends the connection, both ends are told why, and the next day it goes on', async () => {
  await using hosts = new Hosts()
  const { clock, host, relay, relayId, a, b } = await world(hosts, { peerBytesPerDay: 2 * MIB })
  const stream = await pour(a, through(host, b), 4)
  const [atA, atB] = [await noticeOf(a, relayId, 'PEER_QUOTA'), await noticeOf(b, relayId, 'PEER_QUOTA')]
  assert.equal(atA.notice.what, 'ended')
  assert.equal(atA.notice.limit, 2 * MIB)
  assert.equal(atA.notice.peerId, b.peerId.toString())
  assert.equal(atB.notice.peerId, a.peerId.toString())
  assert.match(
    a.services.notices.whyRefused(b.peerId.toString())!,
    /^The relay \S+ ended the connection with \S+: its daily quota of 2\.00 MiB for this node is used up; it opens again in 2[34] h/,
  )
  await until('the connection to end', () => stream.status !== 'open' || undefined)
  const { bytes, ended, connections } = relay.getDebugState()
  assert.deepEqual(
    { bytes, ended, connections },
    { bytes: 2 * MIB, ended: { PEER_QUOTA: 1 }, connections: 0 },
  )

  await assert.rejects(a.dial(through(host, b)))
  await until('the refusal', () => a.services.notices.latest(relayId)?.notice.what === 'refused' || undefined)
  assert.deepEqual(relay.getDebugState().refused, { PEER_QUOTA: 1 })

  await clock.advance(DAY_MS + 30 * 60_000)
  assert.equal(relay.getDebugState().bytesToday, 0)
  await pour(a, through(host, b), 1)
  await until('bytes to pass', () => relay.getDebugState().bytesToday > MIB || undefined)
})

test('the quota of all ends everybody’s connections', async () => {
  await using hosts = new Hosts()
  const { host, relay, relayId, a, b } = await world(hosts, { bytesPerDay: 2 * MIB })
  await pour(a, through(host, b), 4)
  const { notice } = await noticeOf(a, relayId, 'TOTAL_QUOTA')
  assert.equal(notice.isYours, false)
  await until('the end', () => relay.getDebugState().connections === 0 || undefined)
  assert.equal(relay.getDebugState().bytesToday, 2 * MIB)
  relay.update({ bytesPerDay: 64 * MIB })
  await pour(a, through(host, b), 4)
  await until('4 MiB more', () => relay.getDebugState().bytesToday > 6 * MIB || undefined)
})

test('one connection carries and lasts as much as one may', async () => {
  await using hosts = new Hosts()
  const { clock, host, relay, relayId, a, b } = await world(hosts, {
    connectionBytes: MIB,
    connectionMs: 60_000,
  })
  await pour(a, through(host, b), 2)
  await noticeOf(a, relayId, 'CONNECTION_BYTES')
  await noticeOf(b, relayId, 'CONNECTION_BYTES')
  assert.equal(relay.getDebugState().bytes, MIB)

  const connection = await a.dial(through(host, b))
  await clock.advance(59_000)
  assert.equal(connection.status, 'open')
  await clock.advance(1000)
  await noticeOf(a, relayId, 'CONNECTION_TIME')
  await noticeOf(b, relayId, 'CONNECTION_TIME')
  await until('the end', () => connection.status !== 'open' || undefined)
  assert.deepEqual(relay.getDebugState().ended, { CONNECTION_BYTES: 1, CONNECTION_TIME: 1 })
})

test('the ninth peer of one address gets no reservation, until one of the others has left', async () => {
  await using hosts = new Hosts()
  const host = await hosts.relay()
  const { relay } = host.services
  const clients = await Promise.all(Array.from({ length: 9 }, () => hosts.client()))
  const eight = clients.slice(0, 8)
  await Promise.all(eight.map((client) => reserve(client, host)))
  const ninth = clients[8]!
  ninth.services.reservations.prefer(host.getMultiaddrs())
  ninth.services.reservations.want(true)
  const { notice } = await noticeOf(ninth, host.peerId.toString(), 'SLOTS_PER_ADDRESS')
  assert.equal(notice.limit, 8)
  assert.ok(ninth.services.notices.reservationAfterMs(host.peerId.toString()) > 0)
  assert.deepEqual(ninth.services.reservations.relays, [])
  assert.equal(relay.getDebugState().reservations, 8)

  await eight[0]!.stop()
  await until('it to be gone', () => host.getPeers().length === 8 || undefined)
  await until('a reservation', () => ninth.services.reservations.relays.length === 1 || undefined)
  assert.equal(relay.getDebugState().reservations, 8)
})

test('many connections of one peer, and not one too many', async () => {
  await using hosts = new Hosts()
  const { host, relay, relayId, a, b } = await world(hosts, { connectionsPerPeer: 12 })
  const c = await hosts.client()
  const openSix = async (client: Client) => {
    const opened: Connection[] = []
    for (let i = 0; i < 6; i++) opened.push(await client.dial(through(host, b), { force: true }))
    return opened
  }
  const connections = (await Promise.all([openSix(a), openSix(c)])).flat()
  assert.equal(relay.getDebugState().connections, 12)
  await Promise.all(
    connections.map(async (connection) => {
      const stream = await connection.newStream(PROTOCOL, LIMITED)
      stream.send(new Uint8Array(64 * 1024))
      await stream.close()
    }),
  )
  await until('all bytes', () => relay.getDebugState().bytes > 12 * 64 * 1024 || undefined)
  await assert.rejects(a.dial(through(host, b), { force: true }))
  const { notice } = await noticeOf(a, relayId, 'PEER_CONNECTIONS')
  assert.deepEqual([notice.isYours, notice.peerId], [false, b.peerId.toString()])

  relay.update({ connectionsPerPeer: 100, connections: 12 })
  await assert.rejects(c.dial(through(host, b), { force: true }))
  await noticeOf(c, relayId, 'TOTAL_CONNECTIONS')
  await Promise.all(connections.map((connection) => connection.close()))
  await until('the end', () => relay.getDebugState().connections === 0 || undefined)
  await c.dial(through(host, b))
})

test('a relay that shuts down says so to those who use it', async () => {
  await using hosts = new Hosts()
  const { host, relayId, a, b } = await world(hosts, {})
  await a.dial(through(host, b))
  await host.stop()
  const { sentence } = await noticeOf(a, relayId, 'SHUTDOWN')
  assert.match(sentence, /^The relay \S+ ended the connection with \S+: it is shutting down\.$/)
  await noticeOf(b, relayId, 'SHUTDOWN')
})

test('only relays that are dealt with are listened to, and only when they are brief', async () => {
  await using hosts = new Hosts()
  const { host, relayId, a, b } = await world(hosts, {})
  const stranger = await hosts.relay()
  await a.dial(stranger.getMultiaddrs())
  const notice = Buffer.from(
    JSON.stringify({ code: 'SLOTS', what: 'refused', isYours: false, limit: 1, retryAfterMs: 1 }),
  )
  const say = async (from: Pick<Client, 'dialProtocol' | 'getPeers'>, to: Client, bytes: Uint8Array) => {
    await until(
      'them to be connected',
      () => from.getPeers().some((peer) => peer.equals(to.peerId)) || undefined,
    )
    const stream = await from.dialProtocol(to.peerId, NOTICE_PROTOCOL)
    try {
      stream.send(bytes)
      await stream.close()
    } catch {
      // Refused at once.
    }
  }
  const dropped = (client: Client) => client.services.notices.getDebugState().dropped
  await say(stranger, a, notice)
  await until('it to be dropped', () => dropped(a) === 1 || undefined)
  assert.equal(a.services.notices.latest(stranger.peerId.toString()), undefined)

  await say(host, b, Buffer.concat([notice, Buffer.alloc(10_000, ' ')]))
  await until('it to be dropped', () => dropped(b) === 1 || undefined)
  await say(host, b, notice)
  await noticeOf(b, relayId, 'SLOTS')
})
