import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Value } from 'typebox/value'
import { FoundValue, PutDone } from './schemas/kv.ts'
import { fetchDocumented } from './testing/documented.ts'
import { VALUE_FACTS } from './testing/fake-node.ts'
import { BEARER, startApi } from './testing/start-api.ts'

const octets = (bytes: Uint8Array) => new Uint8Array(bytes)

test('a value is put and got byte by byte, whatever its media type', async (t) => {
  const { url } = await startApi(t)
  const values = [new Uint8Array(), Uint8Array.of(0, 255, 10), Buffer.from('{"a":1}'), new Uint8Array(65_536)]
  const types = ['application/octet-stream', 'application/json', 'text/plain', undefined]
  for (const value of values)
    for (const type of types) {
      const headers = { ...BEARER, ...(type && { 'content-type': type }) }
      const body = value.length > 0 ? octets(value) : null
      const put = await fetchDocumented(`${url}/api/v1/kv/k`, { method: 'PUT', headers, body })
      assert.equal(put.status, 200, type)
      assert.equal(put.headers.get('etag'), `"${VALUE_FACTS.version}"`)
      const done = await put.json()
      assert.ok(Value.Check(PutDone, done))
      assert.deepEqual(done, { ...VALUE_FACTS, key: 'k', replicas: 3 })
      const got = await fetchDocumented(`${url}/api/v1/kv/k`)
      assert.equal(got.headers.get('content-type'), 'application/octet-stream')
      assert.deepEqual(new Uint8Array(await got.arrayBuffer()), octets(value))
    }
})

test('headers tell what JSON tells; If-None-Match saves the value', async (t) => {
  const { url, node } = await startApi(t)
  node.values.set('k', Buffer.from('hé'))
  const got = await fetchDocumented(`${url}/api/v1/kv/k`)
  const { version, writer, expiresMs } = VALUE_FACTS
  const headers = ['etag', 'shoal-value-version', 'shoal-value-writer', 'shoal-value-expires']
  assert.deepEqual(
    headers.map((name) => got.headers.get(name)),
    [`"${version}"`, String(version), writer, String(expiresMs)],
  )
  const asJson = async (key: string) => {
    const answer = await fetchDocumented(`${url}/api/v1/kv/${key}`, {
      headers: { accept: 'application/json' },
    })
    const found = await answer.json()
    assert.ok(Value.Check(FoundValue, found), JSON.stringify([...Value.Errors(FoundValue, found)]))
    return found
  }
  assert.deepEqual(await asJson('k'), {
    ...{ ...VALUE_FACTS, key: 'k', size: 3, text: 'hé' },
    base64: Buffer.from('hé').toString('base64'),
  })
  node.values.set('binary', Uint8Array.of(0xff, 0xfe))
  assert.deepEqual(await asJson('binary'), { ...VALUE_FACTS, key: 'binary', size: 2, base64: '//4=' })
  for (const [etag, status] of [
    [`"${version}"`, 304],
    [`"1", "${version}"`, 304],
    ['"1"', 200],
  ] as const) {
    const answer = await fetchDocumented(`${url}/api/v1/kv/k`, { headers: { 'if-none-match': etag } })
    assert.equal(answer.status, status)
  }
})

test('keys of every kind come through the address', async (t) => {
  const { url, node } = await startApi(t)
  for (const key of ['a/b', 'a b?c#d%', 'ключ 🦈', 'x'.repeat(256), '漢'.repeat(85), '__proto__', 'a%2Fb']) {
    const put = await fetchDocumented(`${url}/api/v1/kv/${encodeURIComponent(key)}`, {
      ...{ method: 'PUT', headers: BEARER, body: 'v' },
    })
    assert.equal(put.status, 200, key)
    assert.ok(node.values.has(key), key)
    assert.equal(await (await fetchDocumented(`${url}/api/v1/kv/${encodeURIComponent(key)}`)).text(), 'v')
  }
})

test('what cannot be is refused with a problem', async (t) => {
  const { url, node } = await startApi(t)
  const put = (
    key: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = BEARER,
  ) => fetchDocumented(`${url}/api/v1/kv/${key}`, { method: 'PUT', headers, body })
  const codeOf = async (answer: Promise<Response>) => {
    const { status, headers } = await answer
    assert.match(headers.get('content-type') ?? '', /^application\/problem\+json/)
    return [status, ((await (await answer).json()) as { code: string }).code]
  }
  assert.deepEqual(await codeOf(put('k', new Uint8Array(65_537))), [413, 'TOO_LARGE'])
  assert.deepEqual(await codeOf(put('x'.repeat(257), 'v')), [400, 'INVALID_ARGUMENT'])
  assert.deepEqual(await codeOf(put('a%0Ab', 'v')), [400, 'INVALID_ARGUMENT'])
  assert.deepEqual(await codeOf(put('k', 'v', {})), [401, 'UNAUTHENTICATED'])
  assert.deepEqual(await codeOf(fetchDocumented(`${url}/api/v1/kv/none`)), [404, 'NOT_FOUND'])
  assert.deepEqual(
    await codeOf(fetchDocumented(`${url}/api/v1/kv/k`, { method: 'DELETE', headers: BEARER })),
    [...[405, 'METHOD_NOT_ALLOWED']],
  )
  assert.equal(node.values.size, 0)
  const elsewhere = fetchDocumented(`${url}/api/v1/config`, {
    ...{ method: 'PATCH', headers: { ...BEARER, 'content-type': 'application/octet-stream' } },
    body: '{"name":"x"}',
  })
  assert.deepEqual(await codeOf(elsewhere), [415, 'UNSUPPORTED_MEDIA_TYPE'])
})
