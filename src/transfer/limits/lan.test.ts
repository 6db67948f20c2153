import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isLanAddress, isLoopback } from './lan.ts'

test('what is on the local network, at the edges of each range', () => {
  const table: [boolean, string[]][] = [
    [true, ['10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.0', '192.168.255.255']],
    [false, ['9.255.255.255', '11.0.0.0', '172.15.255.255', '172.32.0.0', '192.167.255.255', '192.169.0.0']],
    [true, ['169.254.0.0', '169.254.255.255', '127.0.0.1', '127.255.255.255']],
    [
      false,
      ['169.253.255.255', '169.255.0.0', '126.255.255.255', '128.0.0.0', '100.64.0.1', '0.0.0.0', '8.8.8.8'],
    ],
    [true, ['::1', 'fc00::', 'fdff:ffff::1', 'fe80::1', 'febf::1', 'FE80::1%eth0', '::ffff:192.168.1.2']],
    [false, ['::', '::2', 'fbff::1', 'fe00::1', 'fec0::1', '2001:db8::1', '::ffff:8.8.8.8']],
    [true, ['192.168.1.2:9081', '[fe80::1]:9081', '[::1]:1', 'localhost:9081']],
    [false, ['192.0.2.7:9081', '[2001:db8::1]:9081', 'example.org:9081', '192.168.1.2.example.org:1']],
    [true, ['/ip4/192.168.1.2/tcp/4081/p2p/12D3', '/ip6/fe80::1/tcp/4081', '/ip6/::1/tcp/1/ws']],
    [
      false,
      ['/ip4/192.0.2.7/tcp/4081', '/ip4/192.168.1.2/tcp/4081/p2p/12D3/p2p-circuit', '/dns4/nas.local/tcp/1'],
    ],
    [false, ['', ':', 'x', '[', '/', '/ip4/', '999.1.1.1', '10.1', '192.168.1.2:port']],
  ]
  for (const [expected, addresses] of table)
    for (const address of addresses) assert.equal(isLanAddress(address), expected, address)
})

test('what is on this machine', () => {
  for (const address of [
    '127.0.0.1',
    '127.255.0.3:9081',
    '[::1]:1',
    '::1',
    'localhost:1',
    '/ip4/127.0.0.1/tcp/1',
  ])
    assert.equal(isLoopback(address), true, address)
  for (const address of [
    '10.0.0.1',
    '192.168.1.2:9081',
    '[fe80::1]:1',
    'example.org:1',
    '128.0.0.1',
    '',
    '/ip4/1.2.3.4/tcp/1',
  ])
    assert.equal(isLoopback(address), false, address)
})

test('any text has an answer, and a port changes none', () => {
  fc.assert(fc.property(fc.string(), (text) => typeof isLanAddress(text) === 'boolean'))
  fc.assert(
    fc.property(fc.ipV4(), fc.integer({ min: 1, max: 65_535 }), (ip, port) => {
      assert.equal(isLanAddress(`${ip}:${port}`), isLanAddress(ip))
      assert.equal(isLanAddress(`/ip4/${ip}/tcp/${port}`), isLanAddress(ip))
      assert.equal(isLanAddress(`::ffff:${ip}`), isLanAddress(ip))
    }),
  )
  fc.assert(
    fc.property(fc.ipV6(), fc.integer({ min: 1, max: 65_535 }), (ip, port) => {
      assert.equal(isLanAddress(`[${ip}]:${port}`), isLanAddress(ip))
    }),
  )
})
