import assert from 'node:assert/strict'
import type { NetworkInterfaceInfo } from 'node:os'
import { test } from 'node:test'
import { multiaddr } from '@multiformats/multiaddr'
import { ManualClock } from '../base/clock.ts'
import { dialOrder } from './dial-order.ts'

const info = (address: string, cidr: string, internal = false) =>
  ({ address, cidr, internal, family: address.includes(':') ? 'IPv6' : 'IPv4' }) as NetworkInterfaceInfo
const home = { lo: [info('127.0.0.1', '127.0.0.1/8', true)], eth: [info('192.168.1.10', '192.168.1.10/24')] }
const relay = '/ip4/1.2.3.4/tcp/1/p2p/12D3KooWNvSZnPi3RrhrTwEY4LuuBeB6K6facKUCJcyWG1aoDd2p/p2p-circuit'

const sorted = (addresses: string[], interfaces: object) =>
  addresses
    .map((text) => ({ multiaddr: multiaddr(text), isCertified: false }))
    .sort(dialOrder(() => interfaces as never, new ManualClock()))
    .map((address) => String(address.multiaddr))

test('the own network first, then public addresses, names, relays, and other local networks last', () => {
  const order = [
    '/ip4/192.168.1.20/tcp/1',
    '/ip4/192.168.1.20/tcp/2/ws',
    '/ip4/5.6.7.8/tcp/1',
    '/dns4/example.org/tcp/1',
    relay,
    '/ip4/10.0.0.5/tcp/1',
    '/ip4/127.0.0.1/tcp/1',
  ]
  assert.deepEqual(sorted([...order].reverse(), home), order)
})

test('on a machine without a network loopback is near', () => {
  const order = ['/ip4/127.0.0.1/tcp/1', relay, '/ip4/10.0.0.5/tcp/1']
  assert.deepEqual(sorted([...order].reverse(), { lo: home.lo }), order)
})

test('IPv6 networks are compared by their bits', () => {
  const interfaces = { eth: [info('fd00:1::10', 'fd00:1::10/64')] }
  const order = ['/ip6/fd00:1::20/tcp/1', relay, '/ip6/fd00:2::20/tcp/1']
  assert.deepEqual(sorted([...order].reverse(), interfaces), order)
})
