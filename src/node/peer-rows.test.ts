import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PeerView } from '../discovery/membership/membership.ts'
import type { KnownPeer } from '../discovery/peer-book.ts'
import { peerRows } from './peer-rows.ts'

const known = (peerId: string, more: Partial<KnownPeer> = {}): KnownPeer => ({
  ...{ peerId, name: `${peerId} of old`, addresses: ['h:1'], addr: 'h:1', road: 'direct' },
  ...{ lastSeenMs: 100, via: ['index'], ...more },
})
const watched = (peerId: string, more: Partial<PeerView> = {}, record: object = {}) =>
  ({
    record: { peerId, name: peerId, addresses: ['h:2', 'h:3'], role: 'member', ...record },
    ...{ state: 'alive', isNeighbour: true, lastSeenMs: 200, latencyMs: 3.06, zone: '01', ...more },
  }) as PeerView

test('each peer once, the one seen last first; what membership says holds', () => {
  const rows = peerRows([known('A'), known('B')], [watched('B'), watched('C', { lastSeenMs: 300 })])
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
  const [one] = peerRows([], [watched('A', { zone: '', latencyMs: undefined })])
  assert.deepEqual([one!.zone, one!.latencyMs], ['', null])
  const [leaf] = peerRows([], [watched('A', { state: 'suspect', isNeighbour: false }, { role: 'leaf' })])
  assert.deepEqual([leaf!.zone, leaf!.state, leaf!.neighbour], [null, 'suspect', false])
})

test('a peer that told no name or address keeps those that the book has', () => {
  const [row] = peerRows([known('A')], [watched('A', {}, { name: '', addresses: [] })])
  assert.deepEqual([row!.name, row!.addr], ['A of old', 'h:1'])
})
