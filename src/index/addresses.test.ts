import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addressesFor, isLoopback, peerAddresses, rateKey } from './addresses.ts'

test('the observed address comes first unless the peer gave that host itself', () => {
  const cases: [string[], string, number, string[]][] = [
    [[], '192.0.2.1', 9081, ['192.0.2.1:9081']],
    [[], '192.0.2.1', 0, []],
    [[], '', 9081, []],
    [[], '::ffff:192.0.2.1', 9081, ['192.0.2.1:9081']],
    [[], '2001:db8::1', 9081, ['[2001:db8::1]:9081']],
    [['10.0.0.1:9081'], '192.0.2.1', 9081, ['192.0.2.1:9081', '10.0.0.1:9081']],
    [['192.0.2.1:9081', '10.0.0.1:9081'], '192.0.2.1', 9081, ['192.0.2.1:9081', '10.0.0.1:9081']],
    [['10.0.0.1:1', '192.0.2.1:7000'], '192.0.2.1', 9081, ['10.0.0.1:1', '192.0.2.1:7000', '192.0.2.1:9081']],
    [['0.0.0.0:9081', '[::]:9081'], '192.0.2.1', 9081, ['192.0.2.1:9081']],
    [['A.Example:1', 'a.example:1'], '', 0, ['a.example:1']],
  ]
  for (const [given, observedHost, grpcPort, expected] of cases) {
    assert.deepEqual(
      peerAddresses({ given, observedHost, grpcPort }),
      expected,
      JSON.stringify([given, observedHost]),
    )
  }
})

test('what is not HOST:PORT is refused', () => {
  for (const text of [
    '',
    'x',
    ':1',
    'a:0',
    'a:65536',
    'http://a:1',
    'a b:1',
    '1.2.3:4',
    '::1:9',
    '[::1%eth0]:9',
  ]) {
    const facts = { given: [text], observedHost: '', grpcPort: 0 }
    assert.throws(() => peerAddresses(facts), { code: 'INVALID_ARGUMENT' }, text)
  }
})

test('loopback addresses are given to loopback only', () => {
  const all = [
    '127.0.0.1:1',
    '127.9.9.9:1',
    '[::1]:1',
    'localhost:1',
    'box.localhost:1',
    '192.0.2.1:1',
    'local.host:1',
  ]
  assert.deepEqual(addressesFor('127.0.0.1', all), all)
  assert.deepEqual(addressesFor('::1', all), all)
  for (const host of ['192.0.2.9', '2001:db8::1', '']) {
    assert.deepEqual(addressesFor(host, all), ['192.0.2.1:1', 'local.host:1'], host)
  }
  assert.equal(isLoopback('::ffff:127.0.0.1'), true)
})

test('an address that was taken can always be handed out again', () => {
  const host = fc.oneof(
    fc.ipV4(),
    fc.ipV6().map((ip) => `[${ip}]`),
    fc.domain(),
  )
  const address = fc.tuple(host, fc.integer({ min: 1, max: 65_535 })).map(([name, port]) => `${name}:${port}`)
  fc.assert(
    fc.property(fc.array(address, { maxLength: 16 }), fc.ipV4(), (given, observedHost) => {
      let taken: string[]
      try {
        taken = peerAddresses({ given, observedHost, grpcPort: 9081 })
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'INVALID_ARGUMENT')
        return
      }
      assert.equal(new Set(taken).size, taken.length)
      for (const text of addressesFor('192.0.2.1', taken)) assert.ok(taken.includes(text))
    }),
  )
})

test('rates are kept by IPv4 address and by IPv6 /64', () => {
  const cases = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:0db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
  ]
  for (const [host, key] of cases) assert.equal(rateKey(host!), key)
})
