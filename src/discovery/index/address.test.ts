import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ShoalError } from '../../base/errors.ts'
import { createIdentity } from '../../link/identity.ts'
import { grpcAddress, parseIndexAddress } from './address.ts'

const { peerId } = createIdentity()

const good: [text: string, label: string, pin: string | undefined, where: string][] = [
  ['127.0.0.1:9080', '127.0.0.1:9080', undefined, 'grpc 127.0.0.1:9080'],
  [' index.example:9080 ', 'index.example:9080', undefined, 'grpc index.example:9080'],
  ['[::1]:9080', '[::1]:9080', undefined, 'grpc [::1]:9080'],
  [`${peerId}@127.0.0.1:9080`, '127.0.0.1:9080', peerId, 'grpc 127.0.0.1:9080'],
  ['http://127.0.0.1:8080', 'http://127.0.0.1:8080', undefined, 'http http://127.0.0.1:8080/'],
  ['https://index.example/', 'https://index.example', undefined, 'http https://index.example/'],
  ['https://example/shoal', 'https://example/shoal', undefined, 'http https://example/shoal/'],
  [`${peerId}@http://[::1]:80`, 'http://[::1]:80', peerId, 'http http://[::1]/'],
]

for (const [text, label, pin, where] of good) {
  test(`${text} is an index server`, () => {
    const parsed = parseIndexAddress(text)
    assert.equal(parsed.label, label)
    assert.equal(parsed.peerId, pin)
    assert.equal(`${parsed.kind} ${parsed.kind === 'grpc' ? parsed.address : parsed.url}`, where)
  })
}

const bad = [
  ...['', 'host', 'host:0', 'host:70000', ':9080', '::1:9080', 'a b:1', 'user@host:1', `${peerId}@`],
  ...['ftp://host:1', 'http://', 'http://user:pw@host:1', 'http://host/?q=1', 'http://host/#x', 'unix:///x'],
]

for (const text of bad) {
  test(`"${text}" is none, and the error shows what to give`, () => {
    assert.throws(() => parseIndexAddress(text), { code: 'INVALID_CONFIG', message: /Give HOST:PORT/ })
  })
}

test('whatever is given, it is read or refused with INVALID_CONFIG', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.webUrl(),
        fc.domain().map((host) => `${host}:80`),
      ),
      (text) => {
        try {
          parseIndexAddress(text)
        } catch (error) {
          assert.ok(error instanceof ShoalError && error.code === 'INVALID_CONFIG')
        }
      },
    ),
  )
})

const told: [url: string, grpc: string, address: string | undefined][] = [
  ['http://127.0.0.1:8080/', '127.0.0.1:9080', '127.0.0.1:9080'],
  ['http://127.0.0.1:8080/', '0.0.0.0:9080', '127.0.0.1:9080'],
  ['http://[::1]:8080/', '[::]:9080', '[::1]:9080'],
  ['http://10.0.0.5:8080/', '127.0.0.1:9080', '10.0.0.5:9080'],
  ['http://10.0.0.5:8080/', 'localhost:9080', '10.0.0.5:9080'],
  ['http://10.0.0.5:8080/', '[::1]:9080', '10.0.0.5:9080'],
  ['https://index.example/', '0.0.0.0:9080', 'index.example:9080'],
  ['https://index.example/', 'grpc.example:443', 'grpc.example:443'],
  ['http://localhost:8080/', '127.0.0.1:9080', '127.0.0.1:9080'],
  ['http://localhost:8080/', 'not an address', undefined],
]

for (const [url, grpc, address] of told) {
  test(`${url} that tells ${grpc} is at ${address}`, () => {
    assert.equal(grpcAddress(new URL(url), grpc), address)
  })
}
