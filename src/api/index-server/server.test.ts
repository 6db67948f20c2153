import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Compile } from 'typebox/compile'
import { silentLogger } from '../../base/log.ts'
import type { SharedEntry } from '../../content/entry.ts'
import type { IndexOptions } from '../../index/options.ts'
import { bigEntry, fileEntry, IndexWorld } from '../../index/test-world.ts'
import { createIdentity, type Identity } from '../../link/identity.ts'
import { resolved } from '../document/names.ts'
import { type OpenApiDocument, operationsOf } from '../document/openapi.ts'
import { entryJson } from '../json.ts'
import { holdToDocument } from '../testing/documented.ts'
import { type RawAnswer, send } from '../testing/start-api.ts'
import { INDEX_OPERATIONS } from './operations.ts'
import { startIndexRest } from './server.ts'

const SERVER = createIdentity()

async function serve(t: TestContext, options: Partial<IndexOptions> = {}) {
  const world = await IndexWorld.open(options)
  const rest = await startIndexRest({
    registry: world.registry,
    info: {
      peerId: SERVER.peerId,
      version: '1.2.3',
      grpc: { host: '0.0.0.0', port: 9080 },
      title: '<Our> index',
    },
    port: 0,
    log: silentLogger,
    clock: world.clock,
  })
  t.after(async () => {
    await rest.stop()
    await world.close()
  })
  const { body: document } = await send(`${rest.url}/openapi.json`)
  t.after(holdToDocument(rest.url, JSON.parse(document)))
  const call = async (
    method: string,
    path: string,
    { body, token }: { body?: unknown; token?: string } = {},
  ) => {
    const headers = {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    }
    const answer = await send(rest.url + path, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { ...answer, json: jsonOf(answer) }
  }
  const login = async (identity: Identity, change: object = {}) => {
    const { json } = await call('POST', '/api/v1/sessions/challenge', { body: { peerId: identity.peerId } })
    const nonce = String(json.nonce)
    const signature = Buffer.from(identity.sign(Buffer.from(`shoal-index-login:${nonce}`))).toString('base64')
    const body = {
      peerId: identity.peerId,
      nonce,
      signature,
      name: 'ann',
      addresses: ['192.0.2.7:9081'],
      ...change,
    }
    return { ...(await call('POST', '/api/v1/sessions', { body })), nonce, signature }
  }
  return { world, rest, call, login }
}

// biome-ignore lint/suspicious/noExplicitAny: what comes back is checked by the assertions
const jsonOf = (answer: RawAnswer): any =>
  /json/.test(String(answer.headers['content-type'])) ? JSON.parse(answer.body) : {}

const bodyOf = (entry: SharedEntry) => ({ ...entryJson(entry), modifiedMs: entry.modifiedMs })
const hitOf = (entry: SharedEntry, ...providers: object[]) => ({ ...bodyOf(entry), providers })

test('a program without a node logs in, publishes, is found, withdraws and leaves', async (t) => {
  const { call, login } = await serve(t)
  const ann = createIdentity()
  const session = await login(ann)
  assert.equal(session.status, 201)
  const { token, ...rest } = session.json
  assert.ok(session.nonce.startsWith(`${SERVER.peerId}:`))
  assert.deepEqual(rest, {
    heartbeatIntervalMs: 5000,
    leaseMs: 15_000,
    revision: '',
    observedHost: '127.0.0.1',
  })
  const [song, film] = [fileEntry('Music/Été 数据.flac'), bigEntry('Films/Final cut.mkv')]
  const entries = [bodyOf(song), bodyOf(film), { ...bodyOf(film), name: 'other' }]
  const published = await call('POST', '/api/v1/resources', {
    token,
    body: { entries, replace: true, revision: 'r1' },
  })
  assert.deepEqual(published.json, { stored: 2, refused: 1, reason: 'The path does not end with the name.' })
  const provider = { peerId: ann.peerId, name: 'ann', addresses: ['192.0.2.7:9081'] }
  for (const [query, found] of [
    ['q=%C3%A9t%C3%A9', song],
    ['q=fin*', film],
    [`sha256=${song.sha256}`, song],
    [`cid=${film.cid}`, film],
    ['q=nothing', undefined],
  ] as const) {
    const { json } = await call('GET', `/api/v1/search?${query}`)
    assert.deepEqual(json, { hits: found ? [hitOf(found, provider)] : [] }, query)
  }
  assert.deepEqual((await call('GET', `/api/v1/resources/${film.cid}`)).json, hitOf(film, provider))
  assert.deepEqual((await call('GET', `/api/v1/resources/${film.cid}/providers`)).json, {
    providers: [provider],
  })
  assert.deepEqual((await call('GET', '/api/v1/resources?prefix=fi')).json.resources, [hitOf(film, provider)])
  const heartbeat = await call('POST', '/api/v1/sessions/heartbeat', { token })
  assert.deepEqual(heartbeat.json, { leaseMs: 15_000, peers: 1 })
  const path = `/api/v1/resources/${film.cid}?path=${encodeURIComponent(film.path)}`
  assert.deepEqual((await call('DELETE', path, { token })).json, { removed: 1 })
  const keys = [{ cid: song.cid, path: song.path }]
  const withdrawn = await call('POST', '/api/v1/resources/withdraw', {
    token,
    body: { keys, revision: 'r2' },
  })
  assert.deepEqual(withdrawn.json, { removed: 1 })
  assert.equal((await call('GET', `/api/v1/resources/${film.cid}`)).json.code, 'NOT_FOUND')
  assert.equal((await call('DELETE', '/api/v1/sessions/current', { token })).status, 204)
  assert.equal((await call('POST', '/api/v1/sessions/heartbeat', { token })).json.code, 'UNAUTHENTICATED')
  assert.equal((await call('GET', `/api/v1/peers/${ann.peerId}`)).status, 404)
})

test('a session needs the key of its PeerId, a fresh nonce, and a token for each write', async (t) => {
  const { world, call, login } = await serve(t)
  const [ann, eve] = [createIdentity(), createIdentity()]
  const refused = async (answer: Promise<{ status: number; json: { code: string } }>, why: string) => {
    const { status, json } = await answer
    assert.deepEqual([status, json.code], [401, 'UNAUTHENTICATED'], why)
  }
  await refused(login(eve, { peerId: ann.peerId }), "another peer's id with one's own nonce")
  await refused(login(ann, { signature: Buffer.alloc(64).toString('base64') }), 'no signature')
  await refused(login(ann, { nonce: `${SERVER.peerId}:invented` }), 'an invented nonce')
  const first = await login(ann)
  assert.equal(first.status, 201)
  await refused(login(ann, { nonce: first.nonce, signature: first.signature }), 'a nonce for the second time')
  const challenge = await call('POST', '/api/v1/sessions/challenge', { body: { peerId: ann.peerId } })
  const nonce = challenge.json.nonce as string
  const signature = Buffer.from(eve.sign(Buffer.from(`shoal-index-login:${nonce}`))).toString('base64')
  await refused(login(eve, { peerId: ann.peerId, nonce, signature }), "somebody else's signature")
  const late = await call('POST', '/api/v1/sessions/challenge', { body: { peerId: ann.peerId } })
  await world.clock.advance(61_000)
  const good = Buffer.from(ann.sign(Buffer.from(`shoal-index-login:${late.json.nonce}`))).toString('base64')
  await refused(login(ann, { nonce: late.json.nonce, signature: good }), 'a nonce that is too old')
  for (const [method, path, body] of [
    ['POST', '/api/v1/sessions/heartbeat', undefined],
    ['DELETE', '/api/v1/sessions/current', undefined],
    ['POST', '/api/v1/resources', { entries: [] }],
    ['POST', '/api/v1/resources/withdraw', { keys: [] }],
    ['DELETE', `/api/v1/resources/${fileEntry('x').cid}?path=x`, undefined],
  ] as const) {
    await refused(call(method, path, { body }), `${method} ${path} without a token`)
    await refused(call(method, path, { body, token: 'wrong' }), `${method} ${path} with a wrong token`)
    await refused(call(method, path, { body, token: first.json.token }), `${method} ${path} after the lease`)
  }
  const { json } = await login(eve)
  await login(ann)
  await call('DELETE', '/api/v1/sessions/current', { token: json.token })
  assert.equal((await call('GET', `/api/v1/peers/${ann.peerId}`)).status, 200)
})

test('lists come in pages that together hold everything once', async (t) => {
  const { world, call } = await serve(t)
  const entries = Array.from({ length: 25 }, (_, i) => fileEntry(`thing ${i}`))
  for (const name of ['ann', 'bob', 'carol']) await world.replace(await world.login(name), entries)
  for (const [path, items, size] of [
    ['/api/v1/resources?limit=7', 'resources', 25],
    ['/api/v1/resources?q=thing&limit=10', 'resources', 25],
    ['/api/v1/peers?limit=2', 'peers', 3],
  ] as const) {
    const seen: string[] = []
    let cursor: string | undefined = ''
    for (let pages = 0; cursor !== undefined; pages++) {
      assert.ok(pages < 10)
      const { json } = await call('GET', `${path}${cursor && `&cursor=${cursor}`}`)
      seen.push(...json[items].map((item: { cid?: string; peerId?: string }) => item.cid ?? item.peerId))
      cursor = json.cursor
    }
    assert.equal(seen.length, size, path)
    assert.equal(new Set(seen).size, size, path)
  }
})

test('errors are problem details with the code of the table', async (t) => {
  const { call, rest } = await serve(t)
  for (const [method, path, status, code] of [
    ['GET', '/api/v1/search', 400, 'INVALID_ARGUMENT'],
    ['GET', '/api/v1/search?limit=x&q=a', 400, 'INVALID_ARGUMENT'],
    ['GET', '/api/v1/search?cid=bogus', 400, 'INVALID_CID'],
    ['GET', '/api/v1/resources?cursor=-1', 400, 'INVALID_ARGUMENT'],
    ['GET', '/api/v1/resources/bogus', 400, 'INVALID_CID'],
    ['GET', `/api/v1/resources/${fileEntry('x').cid}`, 404, 'NOT_FOUND'],
    ['GET', '/api/v1/peers?cursor=x', 400, 'INVALID_ARGUMENT'],
    ['GET', '/api/v1/nothing', 404, 'NOT_FOUND'],
    ['PUT', '/api/v1/peers', 405, 'METHOD_NOT_ALLOWED'],
    ['POST', '/api/v1/sessions', 400, 'INVALID_ARGUMENT'],
  ] as const) {
    const answer = await call(method, path, method === 'POST' ? { body: {} } : {})
    assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8', path)
    assert.deepEqual([answer.status, answer.json.status, answer.json.code], [status, status, code], path)
    assert.equal(answer.headers['access-control-allow-origin'], undefined)
  }
  const body = 'peerId=x'
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const form = await send(`${rest.url}/api/v1/sessions/challenge`, { method: 'POST', headers, body })
  assert.equal(form.status, 415)
})

test('callers without identity are limited too', async (t) => {
  const { call, login } = await serve(t, { loginBurst: 3, searchBurst: 2, searchesPerSecond: 1 })
  await call('GET', '/api/v1/search?q=a')
  await call('GET', '/api/v1/peers')
  assert.equal((await call('GET', '/api/v1/search?q=a')).status, 429)
  assert.equal((await login(createIdentity())).status, 201)
  await call('POST', '/api/v1/sessions/challenge', { body: { peerId: SERVER.peerId } })
  const limited = await call('POST', '/api/v1/sessions/challenge', { body: { peerId: SERVER.peerId } })
  assert.equal(limited.json.code, 'RATE_LIMITED')
})

test('the server says what it is, to nodes and to people', async (t) => {
  const { world, rest, call } = await serve(t)
  await world.replace(await world.login('ann'), [fileEntry('thing')])
  const { json } = await call('GET', '/api/v1/info')
  assert.deepEqual(json, {
    peerId: SERVER.peerId,
    version: '1.2.3',
    grpc: '127.0.0.1:9080',
    peers: 1,
    entries: 1,
    heartbeatIntervalMs: 5000,
    leaseMs: 15_000,
  })
  const named = await send(`${rest.url}/api/v1/info`, { headers: { host: 'index.example.org' } })
  assert.equal(jsonOf(named).grpc, 'index.example.org:9080')
  assert.deepEqual((await call('GET', '/healthz')).json, { status: 'ok' })
  const page = await call('GET', '/')
  assert.match(page.body, /&#60;Our&#62; index/)
  assert.match(page.body, /shoal start --index 127\.0\.0\.1:9080/)
  assert.match(String(page.headers['content-security-policy']), /^default-src 'none'/)
  assert.doesNotMatch(page.body, /<script|style=|onerror/i)
})

test('the document is OpenAPI 3.1 with names, failures and whole examples', async (t) => {
  const { call } = await serve(t)
  const document = (await call('GET', '/openapi.json')).json as OpenApiDocument
  assert.match(document.openapi, /^3\.1\./)
  const operations = operationsOf(document)
  assert.deepEqual(operations.map(({ key }) => key).sort(), Object.keys(INDEX_OPERATIONS).sort())
  const ids = operations.map(({ operation }) => operation.operationId)
  assert.equal(new Set(ids).size, operations.length)
  for (const { key, method, operation } of operations) {
    assert.ok(operation.summary, key)
    for (const status of ['400', '500', 'default']) assert.ok(operation.responses[status], `${key} ${status}`)
    assert.equal(/Again: .+\.$/.test(operation.description ?? ''), method !== 'GET', key)
    for (const { name, example } of operation.parameters ?? []) assert.ok(example, `${key} ${name}`)
    for (const [status, { content = {} }] of Object.entries(operation.responses)) {
      const media = content['application/json']
      if (!media) continue
      const check = Compile(resolved(document, media.schema) as never)
      assert.ok(check.Check(media.example), `${key} ${status} ${JSON.stringify(check.Errors(media.example))}`)
    }
  }
})

test('the page of the API has every operation, and commands for this address', async (t) => {
  const { call, rest } = await serve(t)
  const { body, status } = await call('GET', '/docs')
  assert.equal(status, 200)
  for (const { id } of Object.values(INDEX_OPERATIONS)) assert.ok(body.includes(`<article id="${id}">`), id)
  assert.ok(body.includes(`curl &#39;${rest.url}/api/v1/info&#39;`))
  assert.doesNotMatch(body, /<script|style=|onerror/i)
})
