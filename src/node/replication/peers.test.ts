import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import type { KnownPeer } from '../../discovery/peer-book.ts'
import type { Discovery } from '../discovery.ts'
import { ReplicaPeers, subnetOf } from './peers.ts'

const SUBNETS: [addresses: string[], subnet: string][] = [
  [['192.0.2.7:9081'], '192.0.2'],
  [['/ip4/192.0.2.9/tcp/4081/p2p/x'], '192.0.2'],
  [['[2001:DB8:0:7::1]:9081'], '2001:db8:0'],
  [['[2001:db8::1]:9081'], '2001:db8:0'],
  [['/ip6/2001:db8:0:9::1/tcp/1'], '2001:db8:0'],
  [['peer.example:9081', '198.51.100.1:1'], '198.51.100'],
  [['peer.example:9081'], ''],
  [['nonsense', '/dns4/x/tcp/1'], ''],
  [[], ''],
]

for (const [addresses, subnet] of SUBNETS)
  test(`what fails together with ${addresses.join() || 'nothing'}: ${subnet || 'not known'}`, () => {
    assert.equal(subnetOf(addresses), subnet)
  })

test('those who were seen lately might keep copies; the first of a zone is that of the longest word', () => {
  const clock = new ManualClock()
  const known = (peerId: string, agoMs: number, addresses = ['10.0.0.1:1']): KnownPeer => ({
    ...{ peerId, name: peerId, addresses, addr: addresses[0], via: [] },
    lastSeenMs: clock.now() - agoMs,
  })
  const all = [known('near', 1000), known('old', 11 * 60_000), known('nowhere', 0, [])]
  const asked: number[] = []
  const closest = (point: number) => {
    asked.push(point)
    return [{ peerId: 'near' }]
  }
  const list = () => [{ record: { peerId: 'near' }, zone: '01' }]
  const discovery = {
    peers: { list: () => all, get: (peerId: string) => all.find((peer) => peer.peerId === peerId) },
    network: { membership: { closest, list } },
  } as unknown as Discovery
  const self = () => ({ peerId: 'me', name: 'me', addresses: ['10.0.0.9:1'], version: '', grpcPort: 1 })
  const peers = new ReplicaPeers({ discovery, self, clock })
  assert.deepEqual(peers.candidates(), [
    { peerId: 'near', name: 'near', addresses: ['10.0.0.1:1'], zone: '01', subnet: '10.0.0' },
  ])
  assert.equal(peers.get('old')?.zone, '')
  assert.equal(peers.firstOfZone('of holidays.jpg'), 'near')
  assert.equal(peers.firstOfZone('HOLIDAYS of.jpg'), 'near')
  assert.equal(asked[0], asked[1])
  assert.equal(peers.firstOfZone('…'), undefined)
})
