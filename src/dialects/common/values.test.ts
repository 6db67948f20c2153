import assert from 'node:assert/strict'
import { isIPv4 } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  fieldsOf,
  given,
  hostOf,
  nameOf,
  originOf,
  portOf,
  quietly,
  reader,
  sha256Of,
  urlOf,
  wholeOf,
} from './values.ts'

test('what stands for a host, and what does not', () => {
  for (const host of ['127.0.0.1', 'localhost', 'LocalHost', 'peer-1', 'a.example.org', '10.0.0.7'])
    assert.equal(hostOf(host), host)
  for (const host of [
    '',
    '127.1',
    '0x7f.0.0.1',
    '2130706433',
    '[::1]',
    '::1',
    'a b',
    'a/b',
    'a:80',
    'u@h',
    '-a',
    'a-',
    1,
    null,
  ])
    assert.equal(hostOf(host), undefined, String(host))
})

test('a host that is taken leads to that host and nowhere else', () => {
  const like = fc.string({ unit: fc.constantFrom(...'0127.xaf:/@[]-%#?é'), maxLength: 20 })
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.domain(), like), (text) => {
      const host = hostOf(text)
      if (host === undefined) return assert.ok(!isIPv4(text))
      const url = new URL(`${urlOf({ host, port: 81 })}/download/x`)
      assert.equal(url.host, host.toLowerCase() === 'localhost' ? '127.0.0.1:81' : `${host.toLowerCase()}:81`)
      assert.equal(url.pathname, '/download/x')
    }),
  )
})

test('ports come as numbers and as text', () => {
  for (const value of [1, 5000, 65_535]) assert.deepEqual([portOf(value), portOf(`${value}`)], [value, value])
  for (const value of [0, -1, 65_536, 1.5, Number.NaN, '', ' 1', '1e3', '0x10', null, [5000], true])
    assert.equal(portOf(value), undefined, String(value))
})

test('names and hashes are taken as they are or not at all', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      const name = nameOf(value)
      assert.ok(name === undefined || (name === value && name.length > 0 && name.length <= 255))
      assert.ok(sha256Of(value) === undefined || typeof value === 'string')
      assert.equal(typeof fieldsOf(value), 'object')
    }),
  )
  for (const name of ['a', 'ü', '日本.txt', '<b>', '../x', 'x'.repeat(255)]) assert.equal(nameOf(name), name)
  for (const name of ['', 'a\0', 'a\n', '\ud800', 'x'.repeat(256), 7]) assert.equal(nameOf(name), undefined)
  assert.equal(sha256Of('AB'.repeat(32)), 'ab'.repeat(32))
  for (const hash of ['ab'.repeat(31), `${'ab'.repeat(32)}\n`, 'xy'.repeat(32)])
    assert.equal(sha256Of(hash), undefined)
})

test('fields are read all or not at all, and no others', () => {
  const read = reader({ host: hostOf, port: portOf })
  assert.deepEqual(read({ host: 'a', port: '80', more: 1 }), { host: 'a', port: 80 })
  for (const body of [undefined, null, 'x', [], {}, { host: 'a' }, { host: 'a', port: 0 }])
    assert.equal(read(body), undefined)
  fc.assert(
    fc.property(fc.anything(), (body) => {
      const fields = read(body)
      assert.ok(fields === undefined || (hostOf(fields.host) && portOf(fields.port)))
      assert.ok(originOf(body) === undefined || typeof body === 'string')
    }),
  )
})

test('whole numbers, what must be there, and what may throw', () => {
  for (const value of [0, 7, '7', '000']) assert.equal(wholeOf(value), Number(value))
  for (const value of ['', '-1', '1.5', 1.5, Number.NaN, '1'.repeat(16), null, {}])
    assert.equal(wholeOf(value), undefined)
  assert.equal(given(0, 'NOT_FOUND'), 0)
  assert.throws(() => given(undefined, 'NOT_FOUND', 'no'), { code: 'NOT_FOUND', message: 'no' })
  assert.equal(
    quietly(() => JSON.parse('{')),
    undefined,
  )
  assert.equal(urlOf({ host: 'localhost', port: 1 }), 'http://127.0.0.1:1')
})
