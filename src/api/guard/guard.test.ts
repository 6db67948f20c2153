import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type GuardedRequest, ownHosts, refusalOf } from './guard.ts'

const policy = {
  hosts: ownHosts(8081, '127.0.0.1', ['Files.Example:8081']),
  hasToken: (header: string | undefined) => header === 'right',
}
const good: GuardedRequest = {
  method: 'GET',
  url: '/api/v1/status',
  hosts: ['127.0.0.1:8081'],
  origin: undefined,
  authorization: undefined,
  fetchSite: undefined,
  fetchMode: undefined,
  fetchDest: undefined,
  secret: false,
}
const codeOf = (change: Partial<GuardedRequest>) => refusalOf({ ...good, ...change }, policy)?.code

test('Host must be this server, exactly', () => {
  for (const host of [
    '127.0.0.1:8081',
    'localhost:8081',
    'LOCALHOST:8081',
    '[::1]:8081',
    'files.example:8081',
  ])
    assert.equal(codeOf({ hosts: [host] }), undefined, host)
  for (const host of [
    '127.0.0.1',
    '127.0.0.1:8082',
    '127.0.0.1:80810',
    'localhost.:8081',
    'evil.example:8081',
    'localhost.evil.example:8081',
    '127.0.0.1:8081.evil.example',
    'user@127.0.0.1:8081',
    '127.1:8081',
    '0.0.0.0:8081',
    '',
  ])
    assert.equal(codeOf({ hosts: [host] }), 'PERMISSION_DENIED', host)
  assert.equal(codeOf({ hosts: [] }), 'INVALID_ARGUMENT')
  assert.equal(codeOf({ hosts: ['127.0.0.1:8081', 'evil.example'] }), 'INVALID_ARGUMENT')
  assert.equal(codeOf({ url: 'http://evil.example/api/v1/status' }), 'INVALID_ARGUMENT')
})

test('hosts follow port and address', () => {
  assert.deepEqual([...ownHosts(80, '127.0.0.1')].sort(), [
    '127.0.0.1',
    '127.0.0.1:80',
    '[::1]',
    '[::1]:80',
    'localhost',
    'localhost:80',
  ])
  assert.ok(ownHosts(1, '192.0.2.1').has('192.0.2.1:1'))
  assert.ok(ownHosts(1, 'fd00::1').has('[fd00::1]:1'))
  for (const any of ['0.0.0.0', '::']) assert.equal(ownHosts(1, any).size, 3)
})

test('Origin, when sent, must be this server', () => {
  for (const origin of ['http://127.0.0.1:8081', 'http://localhost:8081', 'http://[::1]:8081'])
    assert.equal(codeOf({ origin }), undefined, origin)
  for (const origin of [
    'null',
    '',
    'http://evil.example',
    'http://127.0.0.1',
    'http://127.0.0.1:3000',
    'http://127.0.0.1:8081.evil.example',
    'http://127.0.0.1:8081/',
    'file://',
    'moz-extension://127.0.0.1:8081',
  ])
    assert.equal(codeOf({ origin }), 'PERMISSION_DENIED', origin)
})

test('what a browser says to come from elsewhere is refused, but a link to a page is followed', () => {
  const link = { fetchSite: 'cross-site', fetchMode: 'navigate', fetchDest: 'document' }
  assert.equal(codeOf({ ...link, url: '/' }), undefined)
  assert.equal(codeOf({ ...link, url: '/docs' }), undefined)
  assert.equal(codeOf({ ...link, url: '/api/v1/search?q=x' }), 'PERMISSION_DENIED')
  assert.equal(codeOf({ ...link, url: '/', fetchDest: 'iframe' }), 'PERMISSION_DENIED')
  for (const fetchSite of ['cross-site', 'same-site'])
    assert.equal(codeOf({ fetchSite, fetchMode: 'no-cors', fetchDest: 'image' }), 'PERMISSION_DENIED')
  for (const fetchSite of ['same-origin', 'none'])
    assert.equal(codeOf({ fetchSite, fetchMode: 'cors', fetchDest: 'empty' }), undefined)
})

test('all but plain reading needs the token', () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY', 'get']) {
    assert.equal(codeOf({ method }), 'UNAUTHENTICATED', method)
    assert.equal(codeOf({ method, authorization: 'wrong' }), 'UNAUTHENTICATED', method)
    assert.equal(codeOf({ method, authorization: 'right' }), undefined, method)
    // The token opens nothing for pages from elsewhere.
    assert.equal(
      codeOf({ method, authorization: 'right', origin: 'http://evil.example' }),
      'PERMISSION_DENIED',
    )
    assert.equal(codeOf({ method, authorization: 'right', hosts: ['evil.example'] }), 'PERMISSION_DENIED')
  }
  for (const method of ['GET', 'HEAD']) {
    assert.equal(codeOf({ method }), undefined)
    assert.equal(codeOf({ method, secret: true }), 'UNAUTHENTICATED')
    assert.equal(codeOf({ method, secret: true, authorization: 'right' }), undefined)
  }
})
