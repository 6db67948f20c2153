import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BEARER, send, startApi, TOKEN } from '../testing/start-api.ts'

interface Document {
  paths: Record<string, Record<string, { security?: unknown[] }>>
}

const at = (path: string) => path.replace('{id}', 'd1')

test('every route that changes something, and every secret, is refused without the token', async (t) => {
  const { url, node } = await startApi(t)
  const { paths } = JSON.parse((await send(`${url}/openapi.json`)).body) as Document
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security }]) => ({
      path: at(path),
      method: method.toUpperCase(),
      secret: security !== undefined,
    })),
  )
  const guarded = operations.filter(({ method, secret }) => method !== 'GET' || secret)
  assert.ok(guarded.length >= 10)
  for (const { path, method, secret } of guarded) {
    assert.ok(secret, `${method} ${path} does not say that it needs the token`)
    for (const authorization of [undefined, `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, TOKEN]) {
      const headers = { 'content-type': 'application/json', ...(authorization && { authorization }) }
      const answer = await send(`${url}${path}`, { method, headers, ...(method !== 'GET' && { body: '{}' }) })
      assert.equal(answer.status, 401, `${method} ${path} ${authorization}`)
      assert.equal(answer.headers['www-authenticate'], 'Bearer')
      assert.equal(JSON.parse(answer.body).code, 'UNAUTHENTICATED')
    }
    if (method !== 'GET') continue
    const head = await send(`${url}${path}`, { method: 'HEAD' })
    // Streams have none.
    assert.equal(head.status, path.endsWith('/watch') ? 405 : 401, path)
  }
  assert.deepEqual(node.asked, [])
})

test('Host, Origin, token and content type: one wrong is enough', async (t) => {
  const { url, api } = await startApi(t, { allowedHosts: ['node.example:80'] })
  const own = `127.0.0.1:${api.port}`
  const path = `${url}/api/v1/config`
  const patch = (headers: Record<string, string>, body = '{"name":"x"}') =>
    send(path, { method: 'PATCH', headers, body })
  const hosts: [string, boolean][] = [
    [own, true],
    [`localhost:${api.port}`, true],
    ['node.example:80', true],
    ['evil.example', false],
    [`127.0.0.1:${api.port + 1}`, false],
  ]
  const origins: [string | undefined, boolean][] = [
    [undefined, true],
    [`http://${own}`, true],
    ['http://evil.example', false],
    ['null', false],
  ]
  const tokens: [Record<string, string>, boolean][] = [
    [BEARER, true],
    [{}, false],
  ]
  const types: [string | undefined, boolean][] = [
    ['application/json', true],
    ['application/json; charset=utf-8', true],
    ['text/plain', false],
    ['application/x-www-form-urlencoded', false],
    ['multipart/form-data; boundary=x', false],
    ['application/jsonx', false],
    [undefined, false],
  ]
  for (const [host, hostRight] of hosts)
    for (const [origin, originRight] of origins)
      for (const [token, tokenRight] of tokens)
        for (const [type, typeRight] of types) {
          const headers = { host, ...token, ...(origin && { origin }), ...(type && { 'content-type': type }) }
          const { status, headers: answered } = await patch(headers)
          const expected = !hostRight || !originRight ? 403 : !tokenRight ? 401 : !typeRight ? 415 : 200
          assert.equal(status, expected, JSON.stringify(headers))
          for (const name of Object.keys(answered)) assert.doesNotMatch(name, /^access-control-/)
        }
})

test('reading is refused for other hosts and origins, whatever the route', async (t) => {
  const { url } = await startApi(t)
  for (const path of [
    '/',
    '/docs',
    '/openapi.json',
    '/healthz',
    '/api/v1/status',
    '/nowhere',
    '/page.css',
    '/transfers',
    '/icon.svg',
  ]) {
    for (const [name, value] of [
      ['host', 'evil.example'],
      ['origin', 'http://evil.example'],
    ] as const) {
      const answer = await send(`${url}${path}`, { headers: { [name]: value } })
      assert.equal(answer.status, 403, path)
      assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
    }
  }
})

test('a preflight is answered with nothing that opens a door', async (t) => {
  const { url, api } = await startApi(t)
  const headers = {
    origin: `http://127.0.0.1:${api.port}`,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization',
  }
  const answer = await send(`${url}/api/v1/downloads`, { method: 'OPTIONS', headers })
  assert.equal(answer.status, 401)
  assert.equal(
    Object.keys(answer.headers).some((name) => name.startsWith('access-control')),
    false,
  )
})

test('every answer tells browsers to keep their hands off', async (t) => {
  const { url } = await startApi(t)
  for (const path of [
    '/',
    '/docs',
    '/api/v1/status',
    '/api/v1/search?q=a',
    '/nowhere',
    '/%zz',
    '/api/v1/config',
  ]) {
    const { headers } = await send(`${url}${path}`)
    assert.equal(headers['x-content-type-options'], 'nosniff', path)
    assert.equal(headers['x-frame-options'], 'DENY')
    // The document of the web app says nothing of the node.
    assert.equal(headers['cache-control'], path === '/' ? 'no-cache' : 'no-store')
    const policy = String(headers['content-security-policy'])
    assert.match(policy, /^default-src 'none';/)
    assert.match(policy, /frame-ancestors 'none'/)
    assert.doesNotMatch(policy, /unsafe|\*|https?:/)
  }
})

test('GET and HEAD ask nothing of the node that changes it', async (t) => {
  const { url, node } = await startApi(t)
  for (const path of [
    '/api/v1/library',
    '/api/v1/downloads',
    '/api/v1/downloads/d1',
    '/api/v1/downloads/d1/pause',
  ])
    for (const method of ['GET', 'HEAD'])
      await send(`${url}${path}`, { method, headers: { ...BEARER, 'x-http-method-override': 'DELETE' } })
  assert.deepEqual([...new Set(node.asked.map(([what]) => what))], ['list'])
  assert.equal(node.views.size, 1)
})
