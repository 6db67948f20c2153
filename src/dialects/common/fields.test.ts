import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addressOf, addressText, fileNameOf, hexOf, ipv4Of, lineOf, uuidOf } from './fields.ts'

const UUID = '7f6c2d1e-3a4b-4c5d-8e9f-0a1b2c3d4e5f'
const hex4 = (value: unknown) => hexOf(value, 4)
const line4 = (value: unknown) => lineOf(value, 4)

test('what others say is read in one form', () => {
  const cases: [read: (value: unknown) => unknown, value: unknown, expected: string][] = [
    [ipv4Of, '192.0.2.1', '192.0.2.1'],
    [uuidOf, UUID, UUID],
    [uuidOf, UUID.toUpperCase(), UUID],
    [uuidOf, UUID.replaceAll('-', ''), UUID],
    [hex4, 'AbC1', 'abc1'],
    [line4, '', ''],
    [line4, 'ää', 'ää'],
    [fileNameOf, '.profile', '.profile'],
    [fileNameOf, 'a b.txt', 'a b.txt'],
  ]
  for (const [read, value, expected] of cases) assert.equal(read(value), expected)
})

test('what is no such thing is not read', () => {
  const cases: [read: (value: unknown) => unknown, values: unknown[]][] = [
    [ipv4Of, ['', '0.0.0.0', '::1', '1.2.3', '1.2.3.256', 'localhost', 7, ['192.0.2.1']]],
    [uuidOf, ['', 'x', `${UUID}0`, `${UUID.slice(1)}g`, 5]],
    [hex4, ['', 'abc', 'abcde', 'abcg', '12\n3', 1234]],
    [line4, ['abcde', 'ääx', 'a\nb', 'a\0', '\ud800', 5]],
    [fileNameOf, ['', '.', '..', 'a/b', '/', 'a\0b', 'x'.repeat(256)]],
  ]
  for (const [read, values] of cases)
    for (const value of [...values, null, undefined, true, {}, { toString: 1 }])
      assert.equal(read(value), undefined, JSON.stringify(value))
})

test('an address', () => {
  const cases: [host: unknown, port: unknown, text: string | undefined][] = [
    ['192.0.2.1', 80, '192.0.2.1:80'],
    ['192.0.2.1', '80', '192.0.2.1:80'],
    ['localhost', '80', '127.0.0.1:80'],
    ['192.0.2.1', 0, undefined],
    ['192.0.2.1', '65536', undefined],
    ['example', 80, undefined],
    [undefined, undefined, undefined],
  ]
  for (const [host, port, text] of cases) {
    const address = addressOf(host, port)
    assert.equal(address && addressText(address), text)
  }
})

test('any value at all is read or not, and what was read is read again as it is', () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' })), (value) => {
      for (const read of [ipv4Of, uuidOf, hex4, line4, fileNameOf]) {
        const once = read(value)
        assert.equal(once === undefined ? undefined : read(once), once)
      }
    }),
  )
})
