import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Status } from '../../api/types.ts'
import { factsOf } from './reach.ts'

const STATUS = {
  reachability: 'private',
  relay: { reservations: [], serving: null },
  dht: { mode: 'client', contacts: 1 },
  privateNetwork: null,
  network: null,
} as unknown as Status
const textOf = (status: Partial<Status>) =>
  factsOf({ ...STATUS, ...status })
    .map(({ label, text }) => `${label}: ${text}`)
    .join('\n')

test('how this node stands, in words', () => {
  assert.match(textOf({}), /From outside: Nobody outside.*\nNetwork: It takes no part/)
  assert.match(textOf({}), /DHT: Client: .*1 contact\.\nPrivate network: None/)
  assert.doesNotMatch(textOf({}), /Relay/)
  const network = { role: 'leaf', neighbours: 3, zone: '', zoneSize: 7, size: 7 } as const
  assert.match(textOf({ network }), /Role: Leaf.*\nZone: The network is small enough for one zone: 7 peers/)
  assert.match(textOf({ network: { ...network, role: 'member', zone: '011' } }), /Zone: 011: 7 peers keep/)
  const serving = { reservations: 1, slots: 8, connections: 1, bytesToday: 1024, bytesPerDay: 4096 }
  assert.match(
    textOf({ relay: { reservations: ['a', 'b'], serving } }),
    /through 2 relays\.\nRelay for others: 1 of 8 places taken, 1 connection now; 1\.00 KiB of 4\.00 KiB/,
  )
  assert.match(textOf({ privateNetwork: { name: 'home', fingerprint: '1A2B' } }), /home, key 1A2B/)
  for (const reachability of ['unknown', 'local', 'private', 'public'] as const)
    assert.match(textOf({ reachability }), /From outside: .+/)
})
