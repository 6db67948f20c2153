import assert from 'node:assert/strict'
import { test } from 'node:test'
import { linkAddresses } from './link-addresses.ts'

const RELAY = '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA'
const [PUBLIC, LOCAL, LOOP, NAME] = [
  '203.0.113.5:9081',
  '192.168.1.4:9081',
  '127.0.0.1:9081',
  'nas.example:9081',
]
const MULTI = '/ip4/203.0.113.5/tcp/4081'
const MULTI_LOCAL = '/ip6/fd00::1/tcp/4081'
const RELAYED = `/ip4/198.51.100.1/tcp/4081/p2p/${RELAY}/p2p-circuit`

test('first what others far away can use; loopback only when there is nothing else', () => {
  const all = [LOOP, LOCAL, RELAYED, MULTI_LOCAL, MULTI, NAME, PUBLIC]
  assert.deepEqual(linkAddresses(all, 'public'), [MULTI, NAME, PUBLIC, RELAYED, LOCAL, MULTI_LOCAL])
  assert.deepEqual(linkAddresses(all, 'private').slice(0, 2), [RELAYED, MULTI], 'nobody outside can connect')
  assert.deepEqual(linkAddresses([LOOP, LOCAL]), [LOCAL])
  assert.deepEqual(linkAddresses([LOOP, '[::1]:1', 'localhost:2']), [LOOP, '[::1]:1', 'localhost:2'])
  assert.deepEqual(linkAddresses([LOOP, LOOP, 'nonsense', '/nonsense', '']), [LOOP])
  assert.deepEqual(linkAddresses([]), [])
})

test('a few, so that the link stays short', () => {
  const many = Array.from({ length: 30 }, (_, i) => `203.0.113.5:${i + 1}`)
  assert.deepEqual(linkAddresses(many), many.slice(0, 6))
})
