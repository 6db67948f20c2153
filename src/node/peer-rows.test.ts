import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PeerView } from '../discovery/membership/membership.ts'
import type { KnownPeer } from '../discovery/peer-book.ts'
import { type Links, peerRows } from './peer-rows.ts'

const noLinks: Links = { roadTo: () => undefined, addressOf: () => undefined }

const known = (peerId: string, more: Partial<KnownPeer> = {}): KnownPeer => ({
  ...{ peerId, name: `${peerId} of old`, addresses: ['h:1'], addr: 'h:1' },
  ...{ lastSeenMs: 100, via: ['index'], ...more },
})
const watched = (peerId: string, more: Partial<PeerView> = {}, record: object = {}) =>
  ({
    record: { peerId, name: peerId, addresses: ['h:2', 'h:3'], role: 'member', seq: 150, ...record },
    ...{ state: 'alive', isNeighbour: true, lastSeenMs: 200, latencyMs: 3.06, zone: '01', ...more },
  }) as PeerView

test('each peer once, the one seen last first; what membership says holds', () => {
  const rows = peerRows([known('A'), known('B')], [watched('B'), watched('C', { lastSeenMs: 300 })], noLinks)
  assert.deepEqual(
    rows.map(({ peerId, updatedMs }) => [peerId, updatedMs]),
    [
      ['C', 150],
      ['B', 150],
      ['A', null],
    ],
  )
  assert.deepEqual(
    rows.map(({ peerId, name, addr, state, via }) => [peerId, name, addr, state, via]),
    [
      ['C', 'C', 'h:2', 'alive', 'membership'],
      ['B', 'B', 'h:2', 'alive', 'index'],
      ['A', 'A of old', 'h:1', 'known', 'index'],
    ],
  )
  assert.equal(rows[0]!.latencyMs, 3.1)
  const { zone, neighbour, latencyMs } = rows[2]!
  assert.deepEqual({ zone, neighbour, latencyMs }, { zone: null, neighbour: false, latencyMs: null })
})

test('a zone of no bits is a zone, a leaf has none, and what was not measured is null', () => {
  const [one] = peerRows([], [watched('A', { zone: '', latencyMs: undefined })], noLinks)
  assert.deepEqual([one!.zone, one!.latencyMs], ['', null])
  const [leaf] = peerRows(
    [],
    [watched('A', { state: 'suspect', isNeighbour: false }, { role: 'leaf' })],
    noLinks,
  )
  assert.deepEqual([leaf!.zone, leaf!.state, leaf!.neighbour], [null, 'suspect', false])
})

test('a peer that told no name or address keeps those that the book has', () => {
  const [row] = peerRows([known('A')], [watched('A', {}, { name: '', addresses: [] })], noLinks)
  assert.deepEqual([row!.name, row!.addr], ['A of old', 'h:1'])
})

test('the road is the one in use, else the one that would be tried first', () => {
  const relayed = '/ip4/192.0.2.1/tcp/1/p2p/R/p2p-circuit'
  const links: Links = {
    roadTo: (peerId) => (peerId === 'B' ? 'tunnel' : undefined),
    addressOf: (peerId) => (peerId === 'B' ? '/ip4/192.0.2.2/tcp/1' : undefined),
  }
  const rows = peerRows([known('A', { addresses: [relayed] }), known('B'), known('C')], [], links)
  assert.deepEqual(
    rows.map(({ peerId, road, addr }) => [peerId, road, addr]),
    [
      ['A', 'relayed', 'h:1'],
      ['B', 'tunnel', '/ip4/192.0.2.2/tcp/1'],
      ['C', 'direct', 'h:1'],
    ],
  )
})

test('a leaf that is not connected is reached through libp2p, and through a relay when it tells one', () => {
  const own = '/ip4/192.168.1.10/tcp/4081'
  const relayed = '/ip4/192.0.2.1/tcp/1/p2p/R/p2p-circuit'
  const roadOf = (addresses: string[]) =>
    peerRows([], [watched('A', {}, { role: 'leaf', addresses })], noLinks)[0]!.road
  assert.equal(roadOf(['192.168.1.10:9081', own, relayed]), 'relayed')
  assert.equal(roadOf(['192.168.1.10:9081', own]), 'tunnel')
  assert.equal(roadOf(['192.168.1.10:9081']), 'direct')
})
