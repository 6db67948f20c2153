import assert from 'node:assert/strict'
import { test } from 'node:test'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { createIdentity } from '../../link/identity.ts'
import { type DhtPeer, dialTarget, diverse, readPeer, subnetOf, wirePeer } from './peers.ts'

const { peerId } = createIdentity()
const RELAY = createIdentity().peerId
const at = (...addresses: string[]): DhtPeer => ({ peerId: createIdentity().peerId, addresses })

test('a peer is read as it was written, its PeerId at the end of addresses left out', () => {
  const own = [
    multiaddr(`/ip4/192.0.2.7/tcp/4081/p2p/${peerId}`),
    multiaddr(`/ip4/192.0.2.9/tcp/1/p2p/${RELAY}/p2p-circuit/p2p/${peerId}`),
  ]
  const read = readPeer(wirePeer(peerIdFromString(peerId), own))
  const addresses = ['/ip4/192.0.2.7/tcp/4081', `/ip4/192.0.2.9/tcp/1/p2p/${RELAY}/p2p-circuit`]
  assert.deepEqual(read, { peerId, addresses })
  assert.deepEqual(String(dialTarget(read!)), own.join())
  assert.equal(String(dialTarget({ peerId, addresses: ['nonsense'] })), peerId)
})

test('who has no PeerId is nobody; an address that makes no sense is left out', () => {
  assert.equal(readPeer({ id: Uint8Array.of(1, 2, 3), addresses: [] }), undefined)
  const { id } = wirePeer(peerIdFromString(peerId), [])
  assert.deepEqual(readPeer({ id, addresses: [Uint8Array.of(255, 255)] }), { peerId, addresses: [] })
})

test('a subnet is /24 or /48 of a public address of its own', () => {
  assert.equal(subnetOf(at('/ip4/203.0.113.77/tcp/1')), '203.0.113')
  assert.equal(subnetOf(at('/ip4/192.168.1.5/tcp/1', '/ip6/2001:db8:7::1/tcp/1')), '2001:db8:7')
  assert.equal(subnetOf(at('/ip6/2001:db8::1/tcp/1')), '2001:db8:0')
  assert.equal(subnetOf(at('/ip4/10.0.0.1/tcp/1')), undefined)
  assert.equal(subnetOf(at(`/ip4/203.0.113.77/tcp/1/p2p/${RELAY}/p2p-circuit`)), undefined)
})

test('one subnet cannot fill a list; a local network may', () => {
  const crowd = Array.from({ length: 50 }, (_, i) => at(`/ip4/203.0.113.${i}/tcp/1`))
  const others = Array.from({ length: 5 }, (_, i) => at(`/ip4/198.51.${i}.1/tcp/1`))
  const kept = diverse([...crowd, ...others], 8)
  assert.equal(kept.filter((peer) => crowd.includes(peer)).length, 8)
  assert.equal(kept.filter((peer) => others.includes(peer)).length, 5)
  const lan = Array.from({ length: 50 }, (_, i) => at(`/ip4/192.168.1.${i}/tcp/1`))
  assert.equal(diverse([...lan, ...lan], 8).length, 50)
})
