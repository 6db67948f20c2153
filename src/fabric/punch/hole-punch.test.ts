// The talk, over real relayed connections. What both dial then is made up: a real hole takes two NATs, see test/net/holes.test.ts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection } from '@libp2p/interface'
import { until } from '../../../test/support/until.ts'
import { systemClock } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { silentLogger } from '../../base/log.ts'
import { Hosts, reserve, through } from '../relay/testing/hosts.ts'
import { type HolePunch, holePunch } from './hole-punch.ts'
import { PUNCH_PROTOCOL, tcpAddress } from './message.ts'
import type { PunchDial, PunchWays } from './ways.ts'

interface Dialled extends PunchDial {
  readonly target: string
  readonly atMs: number
}

/** A client whose port is seen as `seen`, and what it dialled. */
async function puncher(hosts: Hosts, seen: string, localPort: number) {
  const dialled: Dialled[] = []
  const relays: string[] = []
  const ways: PunchWays = {
    async outside(relayId) {
      relays.push(relayId)
      return { localPort, seen: tcpAddress(seen)!, async [Symbol.asyncDispose]() {} }
    },
    async through({ address }, _peerId, how) {
      dialled.push({ ...how, target: String(address), atMs: performance.now() })
      // Stands for the new connection.
      return new EventTarget() as Connection
    },
  }
  const service = holePunch({ clock: systemClock, log: silentLogger, ways: () => ways })
  const client = await hosts.client({ services: { punch: service } })
  return { client, dialled, relays, punch: (client.services as unknown as { punch: HolePunch }).punch }
}

test('who was dialled through the relay begins, and both dial each other at the same time, one of them as server', async () => {
  await using hosts = new Hosts()
  const relay = await hosts.relay()
  const a = await puncher(hosts, '/ip4/45.9.0.11/tcp/40001', 40001)
  const b = await puncher(hosts, '/ip4/45.9.0.12/tcp/40002', 40002)
  await reserve(b.client, relay)
  await a.client.dial(through(relay, b.client))
  await until('both have dialled', () => (a.dialled.length > 0 && b.dialled.length > 0) || undefined)
  const [byA, byB] = [a.dialled[0]!, b.dialled[0]!]
  assert.deepEqual([byA.target, byA.localPort, byA.initiator], ['/ip4/45.9.0.12/tcp/40002', 40001, true])
  assert.deepEqual([byB.target, byB.localPort, byB.initiator], ['/ip4/45.9.0.11/tcp/40001', 40002, false])
  assert.ok(Math.abs(byA.atMs - byB.atMs) < 500, `${byA.atMs} and ${byB.atMs}`)
  const relayId = relay.peerId.toString()
  assert.deepEqual([a.relays[0], b.relays[0]], [relayId, relayId])
  assert.ok(b.punch.isPunched({ remoteAddr: tcpAddress('/ip4/45.9.0.11/tcp/40001')!.address }))
  assert.ok(!b.punch.isPunched({ remoteAddr: tcpAddress('/ip4/45.9.0.11/tcp/40003')!.address }))
})

test('an address in a local network is not dialled', async () => {
  await using hosts = new Hosts()
  const relay = await hosts.relay()
  const a = await puncher(hosts, '/ip4/192.168.1.1/tcp/40001', 40001)
  const b = await puncher(hosts, '/ip4/45.9.0.12/tcp/40002', 40002)
  await reserve(b.client, relay)
  await a.client.dial(through(relay, b.client))
  await until('all attempts were made', () => b.punch.getDebugState().tried === 3 || undefined)
  assert.deepEqual(b.dialled, [])
})

test('over a straight connection nobody is followed, and no hole is punched', async () => {
  await using hosts = new Hosts()
  const relay = await hosts.relay()
  const a = await puncher(hosts, '/ip4/45.9.0.11/tcp/40001', 40001)
  const connection = await a.client.dial(relay.getMultiaddrs())
  await assert.rejects(connection.newStream(PUNCH_PROTOCOL))
  assert.equal(a.punch.getDebugState().tried, 0)
  assert.equal(a.relays.length, 0)
})

test('a relay that does not tell how it sees this node ends the attempt, and the relayed connection stays', async () => {
  await using hosts = new Hosts()
  const relay = await hosts.relay()
  const blind: PunchWays = {
    outside: () => Promise.reject(new ShoalError('UNAVAILABLE')),
    through: () => Promise.reject(new ShoalError('INTERNAL')),
  }
  const service = holePunch({ clock: systemClock, log: silentLogger, ways: () => blind })
  const a = await puncher(hosts, '/ip4/45.9.0.11/tcp/40001', 40001)
  const b = await hosts.client({ services: { punch: service } })
  await reserve(b, relay)
  const connection = await a.client.dial(through(relay, b))
  const { punch } = b.services as unknown as { punch: HolePunch }
  await until('all attempts were made', () => punch.getDebugState().tried === 3 || undefined)
  assert.equal(connection.status, 'open')
  assert.deepEqual(a.dialled, [])
})
