import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Peer } from '../../api/types.ts'
import {
  COLUMNS,
  mappedPeers,
  NO_PEER_FILTERS,
  orderAfter,
  type PeerFilters,
  shownPeers,
} from './peer-rows.ts'

const peer = (name: string, more: Partial<Peer> = {}): Peer => ({
  peerId: `id-${name}`,
  name,
  addr: '192.0.2.7:9081',
  addresses: ['192.0.2.7:9081'],
  road: 'direct',
  zone: '0',
  state: 'alive',
  neighbour: false,
  latencyMs: 3,
  updatedMs: null,
  lastSeenMs: 1000,
  via: 'mdns',
  ...more,
})
const PEERS = [
  peer('carl', { neighbour: true, latencyMs: 9, zone: null }),
  peer('Anna', { state: 'dead', latencyMs: null, lastSeenMs: 5 }),
  peer('ben10', { road: 'relayed', zone: '' }),
  peer('ben9', { addresses: ['198.51.100.4:1'], lastSeenMs: 2000 }),
]
const shown = (
  filters: Partial<PeerFilters>,
  by: (typeof COLUMNS)[number]['key'] = 'name',
  descending = false,
) =>
  shownPeers(PEERS, { ...NO_PEER_FILTERS, ...filters }, { by, descending })
    .map(({ name }) => name)
    .join(' ')

test('filters and orders', () => {
  assert.equal(shown({}), 'Anna ben9 ben10 carl')
  assert.equal(shown({}, 'name', true), 'carl ben10 ben9 Anna')
  assert.equal(shown({}, 'latencyMs'), 'ben10 ben9 carl Anna', 'not measured: last')
  assert.equal(shown({}, 'lastSeenMs', true), 'ben9 ben10 carl Anna', 'equal ones by PeerId')
  assert.equal(shown({}, 'zone'), 'ben10 Anna ben9 carl', 'in no zone: last')
  assert.equal(shown({}, 'state'), 'ben10 ben9 carl Anna')
  assert.equal(shown({}, 'road'), 'Anna ben9 carl ben10')
  assert.equal(shown({ words: 'BEN 198' }), 'ben9')
  assert.equal(shown({ words: 'nobody' }), '')
  assert.equal(shown({ neighbours: true }), 'carl')
  assert.equal(shown({ state: 'dead' }), 'Anna')
  assert.equal(shown({ zone: null }), 'carl')
  assert.equal(shown({ zone: '' }), 'ben10')
  for (const { key } of COLUMNS) assert.equal(shown({}, key).split(' ').length, PEERS.length)
})

test('a second click turns the order', () => {
  assert.deepEqual(orderAfter({ by: 'name', descending: false }, 'name'), { by: 'name', descending: true })
  assert.deepEqual(orderAfter({ by: 'name', descending: true }, 'addr'), { by: 'addr', descending: false })
  assert.deepEqual(orderAfter({ by: 'name', descending: true }, 'lastSeenMs'), {
    by: 'lastSeenMs',
    descending: true,
  })
})

test('a crowded map leaves out who is not watched or gone', () => {
  assert.equal(mappedPeers(PEERS, 4).length, 4)
  const crowd = [...PEERS, peer('x', { state: 'known' }), peer('y', { state: 'suspect' })]
  assert.deepEqual(
    mappedPeers(crowd, 5).map(({ name }) => name),
    ['carl', 'ben10', 'ben9', 'y'],
  )
})
