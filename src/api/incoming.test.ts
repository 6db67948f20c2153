import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { CID_A, SHA_A } from './testing/fake-node.ts'
import { BEARER, send, startApi } from './testing/start-api.ts'

test('a file is sent as it is, whatever its type, and the answer is its entry', async (t) => {
  const { url, node } = await startApi(t)
  const put = (name: string, body: string | undefined, headers = {}) =>
    send(`${url}/api/v1/library/files/${encodeURIComponent(name)}`, {
      method: 'PUT',
      headers: { ...BEARER, ...headers },
      ...(body !== undefined && { body }),
    })
  // More than other routes take, and what others would parse.
  const long = 'x'.repeat(200_000)
  for (const type of ['application/octet-stream', 'application/json', 'text/plain', undefined]) {
    const answer = await put('ä b.txt', long, type && { 'content-type': type })
    assert.equal(answer.status, 201, answer.body)
    assert.deepEqual(JSON.parse(answer.body), {
      ...{ cid: CID_A, sha256: SHA_A, name: 'ä b.txt', path: 'docs/ä b.txt', size: 200_000, kind: 'file' },
      file: '/tmp/shared/ä b.txt',
    })
  }
  assert.deepEqual(node.asked.at(-1), ['receive', 'ä b.txt', 200_000, 200_000])
  assert.equal((await put('there.txt', 'x')).status, 200)
  assert.equal((await put('empty.txt', undefined)).status, 201)
  assert.deepEqual(node.asked.at(-1)?.slice(0, 3), ['receive', 'empty.txt', 0])
  await put('../../etc/passwd', 'x')
  assert.equal(node.asked.at(-1)?.[1], '../../etc/passwd', 'the node makes it safe')
})

test('nobody sends a file without the token, or from a page of another site', async (t) => {
  const { url, node } = await startApi(t)
  const path = `${url}/api/v1/library/files/a.txt`
  for (const [headers, status] of [
    [{}, 401],
    [{ ...BEARER, origin: 'https://evil.example' }, 403],
    [{ ...BEARER, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }, 403],
  ] as const) {
    const answer = await send(path, {
      method: 'PUT',
      headers: { ...headers, 'content-type': 'text/plain' },
      body: 'x',
    })
    assert.equal(answer.status, status)
  }
  assert.equal((await send(path, { method: 'POST', headers: BEARER, body: 'x' })).status, 405)
  assert.deepEqual(node.asked, [])
})

test('a sender that leaves in the middle aborts', async (t) => {
  const { url, node } = await startApi(t)
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const begun = Promise.withResolvers<void>()
  node.incoming.receive = async (_name, body, { signal }) => {
    try {
      for await (const chunk of body) if (chunk.length > 0) begun.resolve()
    } catch (error) {
      resolve(error)
    }
    assert.equal(signal.aborted, true)
    return Promise.reject(signal.reason)
  }
  const call = request(`${url}/api/v1/library/files/a`, {
    method: 'PUT',
    headers: { ...BEARER, 'content-length': 10 },
  })
  call.on('error', () => undefined)
  call.write('half')
  await begun.promise
  call.destroy()
  assert.equal(((await promise) as NodeJS.ErrnoException).code, 'ECONNRESET')
})
