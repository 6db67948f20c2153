import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type OpenApiDocument, operationsOf } from '../document/openapi.ts'
import { CID_A } from '../testing/fake-node.ts'
import { type RawAnswer, type RunningApi, send, startApi, TOKEN } from '../testing/start-api.ts'

type Choice = readonly [headers: Record<string, string>, isRight: boolean]

/** So many characters of the token in an answer would be a help. */
const TELLING = 8

const parts = Array.from({ length: TOKEN.length - TELLING + 1 }, (_, at) => TOKEN.slice(at, at + TELLING))

function assertSilent({ headers, body }: RawAnswer, what: string): void {
  const said = JSON.stringify(headers) + body
  for (const part of parts) assert.ok(!said.includes(part), `${what} tells ${part} of the token`)
}

const PATHS: Record<string, string> = { id: 'd1', peerId: 'peerOne', key: 'motd', name: 'a.txt', cid: CID_A }
const BODIES: Record<string, string> = {
  'POST /api/v1/library': '{"path":"/tmp/docs"}',
  'POST /api/v1/library/verify': '{}',
  'POST /api/v1/links': `{"link":"${CID_A}"}`,
  'POST /api/v1/downloads': `{"target":"${CID_A}"}`,
  'PATCH /api/v1/downloads/{id}': '{"priority":"high"}',
  'POST /api/v1/wishes': '{"words":"old maps"}',
  'PATCH /api/v1/wishes/{id}': '{"seen":true}',
  'POST /api/v1/replicas': `{"cid":"${CID_A}","replicas":2}`,
  'PUT /api/v1/pins/{cid}': '{}',
  'PATCH /api/v1/config': '{"name":"x"}',
  'PUT /api/v1/kv/{key}': 'x',
  'PUT /api/v1/library/files/{name}': 'x',
}
const QUERIES: Record<string, string> = {
  'DELETE /api/v1/library': '?target=/tmp/docs',
  'DELETE /api/v1/downloads': '?state=done',
}

async function changing({ url }: RunningApi) {
  const document = JSON.parse((await send(`${url}/openapi.json`)).body) as OpenApiDocument
  return operationsOf(document)
    .filter(({ method }) => method !== 'GET')
    .map(({ key, method, path }) => ({
      ...{ key, method, body: BODIES[key] },
      target: path.replace(/\{(\w+)\}/, (_, name) => PATHS[name]!) + (QUERIES[key] ?? ''),
    }))
}

/** All that the node would have been asked, or has changed. */
const stateOf = ({ node }: RunningApi) =>
  JSON.stringify([
    node.asked,
    [...node.views],
    [...node.wishes.views],
    [...node.values],
    node.replication.list(),
  ])

test('nothing changes for another Host, Origin or site, nor without the token, whatever the rest is', async (t) => {
  const api = await startApi(t)
  const own = `127.0.0.1:${api.api.port}`
  const hosts: Choice[] = [
    [{ host: own }, true],
    [{ host: `localhost:${api.api.port}` }, true],
    [{ host: 'evil.example' }, false],
    [{ host: `${own}.evil.example` }, false],
  ]
  const origins: Choice[] = [
    [{}, true],
    [{ origin: `http://${own}` }, true],
    [{ origin: 'http://evil.example' }, false],
    [{ origin: 'null' }, false],
  ]
  const sites: Choice[] = [
    [{}, true],
    [{ 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }, true],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'empty' }, false],
    [{ 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }, false],
  ]
  const tokens: Choice[] = [
    [{ authorization: `Bearer ${TOKEN}` }, true],
    [{}, false],
    [{ authorization: `Bearer ${TOKEN.slice(0, -1)}` }, false],
    [{ cookie: `token=${TOKEN}`, 'x-api-key': TOKEN }, false],
  ]
  const operations = await changing(api)
  const before = stateOf(api)
  let count = 0
  for (const { key, method, target, body } of operations)
    for (const [host, hostRight] of hosts)
      for (const [origin, originRight] of origins)
        for (const [site, siteRight] of sites)
          for (const [token, tokenRight] of tokens) {
            const isOwn = hostRight && originRight && siteRight
            if (isOwn && tokenRight) continue
            const type = body?.startsWith('{') ? 'application/json' : 'application/octet-stream'
            const headers = { ...host, ...origin, ...site, ...token, ...(body && { 'content-type': type }) }
            const answer = await send(api.url + target, { method, headers, ...(body && { body }) })
            const what = `${key} ${JSON.stringify(headers)}`
            assert.equal(answer.status, isOwn ? 401 : 403, what)
            assertSilent(answer, what)
            count++
          }
  assert.equal(stateOf(api), before)
  assert.ok(count > 5000, `${count} combinations`)
  // It is the guard that refused them: with all of it right each of them does something.
  for (const { key, method, target, body } of operations) {
    const type = body?.startsWith('{') ? 'application/json' : 'application/octet-stream'
    const headers = { ...hosts[0]![0], ...tokens[0]![0], ...(body && { 'content-type': type }) }
    const answer = await send(api.url + target, { method, headers, ...(body && { body }) })
    assert.ok(
      answer.status < 300 || answer.status === 409 || answer.status === 404,
      `${key} ${answer.status}`,
    )
    assertSilent(answer, key)
  }
})

test('the token is in no answer, wherever it is sent', async (t) => {
  const api = await startApi(t)
  const bearer = { authorization: `Bearer ${TOKEN}` }
  for (const path of [
    '/',
    '/docs',
    '/openapi.json',
    '/metrics',
    '/api/v1/config',
    '/api/v1/debug',
    '/api/v1/status',
  ])
    assertSilent(await send(api.url + path, { headers: bearer }), path)
  for (const method of ['TRACE', 'OPTIONS', 'HEAD', 'PROPFIND']) {
    const answer = await send(`${api.url}/api/v1/config`, { method, headers: bearer })
    assertSilent(answer, method)
  }
  for (const authorization of [TOKEN, `Basic ${TOKEN}`, `Bearer ${TOKEN} x`, `Bearer ${TOKEN}x`])
    for (const path of ['/api/v1/config', '/nowhere', '/%zz'])
      assertSilent(await send(api.url + path, { headers: { authorization } }), `${path} ${authorization}`)
})
