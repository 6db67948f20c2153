import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatAddress, grpcTarget, parseAddress, plainHost } from './address.ts'
import { usable } from './approach.ts'

const GOOD: [text: string, host: string, port: number, target: string][] = [
  ['127.0.0.1:9081', '127.0.0.1', 9081, 'ipv4:127.0.0.1:9081'],
  ['[::1]:1', '::1', 1, 'ipv6:[::1]:1'],
  ['[2001:db8::7]:65535', '2001:db8::7', 65_535, 'ipv6:[2001:db8::7]:65535'],
  ['localhost:80', 'localhost', 80, 'dns:localhost:80'],
  ['index.example.org:9082', 'index.example.org', 9082, 'dns:index.example.org:9082'],
  ['my_nas:9081', 'my_nas', 9081, 'dns:my_nas:9081'],
]

const BAD = [
  '',
  ':1',
  'host',
  'host:',
  'host:0',
  'host:65536',
  'host:-1',
  'host:1e3',
  'host:80 ',
  ' host:80',
  '::1:80',
  '[::1]',
  '[fe80::1%eth0]:80',
  '[127.0.0.1]:80',
  '1.2.3:80',
  '999.1.1.1:80',
  '0x7f.1:80',
  'unix:/run/x.sock',
  'dns:host:80',
  'http://host:80',
  'user@host:80',
  'host/path:80',
  'a,b:80',
  '-a:80',
  'a..b:80',
  `${'a'.repeat(64)}:80`,
  `${'a.'.repeat(2000)}b:80`,
]

test('HOST:PORT is read, and written back as it was', () => {
  for (const [text, host, port, target] of GOOD) {
    assert.deepEqual(parseAddress(text), { host, port })
    assert.equal(formatAddress({ host, port }), text)
    assert.equal(grpcTarget({ host, port }), target)
  }
})

test('everything else is refused', () => {
  for (const text of BAD) assert.throws(() => parseAddress(text), { code: 'INVALID_ARGUMENT' }, text)
})

test('whatever is accepted is written back unchanged but for zeros before the port', () => {
  const host = fc.oneof(
    fc.ipV4(),
    fc.ipV6().map((ip) => `[${ip}]`),
    fc.domain(),
    fc.string(),
  )
  fc.assert(
    fc.property(host, fc.oneof(fc.nat(70_000).map(String), fc.string()), (name, port) => {
      const text = `${name}:${port}`
      try {
        assert.equal(formatAddress(parseAddress(text)), text.replace(/:0+(?=\d+$)/, ':'))
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'INVALID_ARGUMENT')
      }
    }),
  )
})

test('IPv4 inside IPv6 is shown as IPv4', () => {
  assert.equal(plainHost('::ffff:10.1.2.3'), '10.1.2.3')
  assert.equal(plainHost('::1'), '::1')
  assert.equal(plainHost(undefined), '')
})

test('of the addresses of a peer the first that make sense are used, each once', () => {
  const many = ['unix:/x', 'a:1', 'b:2', 'a:1', '', 'c:3']
  assert.deepEqual(
    usable(many, 2).map(({ host }) => host),
    ['a', 'b'],
  )
  assert.deepEqual(usable([], 2), [])
  assert.throws(() => usable(['unix:/x', ''], 2), { code: 'INVALID_ARGUMENT', message: /unix/ })
})
