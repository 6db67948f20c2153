import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { ShoalError } from '../../base/errors.ts'
import { FileRequestSchema, FileResponseSchema } from '../../contract/gen/dialects/file_transfer_pb.ts'
import { originOf as peerUrl } from '../common/values.ts'
import { call } from '../testing/call.ts'
import { fakeContext } from '../testing/fake-context.ts'
import { listen } from '../testing/listen.ts'
import { type KvOptions, kvDialect, MAX_CONTENT_BYTES } from './kv.ts'

async function served(t: TestContext, options: Partial<KvOptions> = {}) {
  const context = fakeContext()
  const dialect = kvDialect(context, options)
  const { url } = await listen(t, context.calls, dialect)
  const post = (path: string, body?: unknown) => call(url + path, 'POST', body)
  const getFile = async (key: string) => {
    const request = toBinary(FileRequestSchema, create(FileRequestSchema, { key }))
    const from = { host: '127.0.0.1', port: 9 }
    return fromBinary(
      FileResponseSchema,
      await dialect.grpc!.calls.get('/FileTransferService/GetFile')!(request, from),
    )
  }
  return { context, dialect, url, post, getFile, get: (key: string) => call(`${url}/get_data/${key}`) }
}

const success = { status: 'success' }
const invalid = { error: 'Invalid data' }
const missing = { error: 'Not found' }

type Step = [request: [method: string, path: string, body?: unknown], status: number, answer: unknown]

/** A session with plain calls, in order. */
const SESSION: Step[] = [
  [['GET', '/get_data/greeting'], 404, missing],
  [['POST', '/store_data', { key: 'greeting', value: 'hello' }], 200, success],
  [['GET', '/get_data/greeting'], 200, { value: 'hello' }],
  [['POST', '/store_data', { key: 'greeting', value: { deep: [1, null, 'x'] } }], 200, success],
  [['GET', '/get_data/greeting'], 200, { value: { deep: [1, null, 'x'] } }],
  [['POST', '/store_data', { key: 'a b/ü', value: 0 }], 200, success],
  [['GET', `/get_data/${encodeURIComponent('a b/ü')}`], 200, { value: 0 }],
  [['POST', '/store_data', { key: 'k', value: 'é'.repeat(3_000) }], 200, success],
  [['GET', '/get_data/k'], 200, { value: 'é'.repeat(3_000) }],
  [['POST', '/store_data', { key: 'long'.repeat(64), value: 1 }], 200, success],
  [['GET', `/get_data/${'long'.repeat(64)}`], 200, { value: 1 }],
  [['POST', '/store_data', { value: 'x' }], 400, invalid],
  [['POST', '/store_data', { key: 'x' }], 400, invalid],
  [['POST', '/store_data', { key: 'x', value: '' }], 400, invalid],
  [['POST', '/store_data', { key: 'x', value: null }], 400, invalid],
  [['POST', '/store_data', { key: '', value: 'x' }], 400, invalid],
  [['POST', '/store_data', { key: 5, value: 'x' }], 400, invalid],
  [['POST', '/store_data', { key: 'x'.repeat(257), value: 'x' }], 400, invalid],
  [['POST', '/store_data', []], 400, invalid],
  [['POST', '/store_data', '{'], 400, invalid],
  [['POST', '/store_data', ''], 400, invalid],
  [['POST', '/store_data', `{"key":"x","value":${'['.repeat(20_000)}${']'.repeat(20_000)}}`], 400, invalid],
  [['GET', '/get_data/x'], 404, missing],
  [['GET', `/get_data/${'x'.repeat(257)}`], 404, missing],
  [['GET', '/get_peers'], 200, { peers: [] }],
  [['POST', '/register_peer', { address: 'http://127.0.0.1:9001' }], 200, success],
  [['POST', '/register_peer', { address: 'http://127.0.0.1:9001/' }], 200, success],
  [
    ['POST', '/update_peers', { peers: ['http://127.0.0.1:9002', 'http://192.0.2.1:1', 7, 'x'] }],
    200,
    success,
  ],
  [['POST', '/update_peers', { peers: [] }], 200, success],
  [['GET', '/get_peers'], 200, { peers: ['http://127.0.0.1:9001', 'http://127.0.0.1:9002'] }],
  [['POST', '/register_peer', {}], 400, invalid],
  [['POST', '/register_peer'], 400, invalid],
  [['POST', '/register_peer', { address: 'https://127.0.0.1:9003' }], 400, invalid],
  [
    ['POST', '/register_peer', { address: 'http://192.0.2.1:80' }],
    403,
    { error: 'Only addresses that have called are registered.' },
  ],
  [['POST', '/update_peers', { peers: 'http://127.0.0.1:9004' }], 400, invalid],
]

test('a session of plain calls', async (t) => {
  const { url, context } = await served(t)
  context.calls.answer = async () => ({ status: 404 })
  for (const [[method, path, body], status, answer] of SESSION) {
    const got = await call(url + path, method, body)
    const step = `${method} ${path} ${String(JSON.stringify(body)).slice(0, 80)}`
    assert.deepEqual([got.status, got.json], [status, answer], step)
  }
})

test('what the node cannot keep is told', async (t) => {
  const { context, post, get } = await served(t)
  context.node.values.failure = new ShoalError('TOO_LARGE', 'A value has at most 65536 bytes.')
  assert.deepEqual((await post('/store_data', { key: 'k', value: 'v' })).status, 413)
  context.node.values.failure = new ShoalError('UNAVAILABLE', 'No node is near.')
  const got = await get('k')
  assert.deepEqual([got.status, got.json], [503, { error: 'No node is near.' }])
})

/**
 * A peer as the other system's are: it keeps what it is sent and passes it on to everybody it knows before it answers, and asks them all for what it lacks.
 */
async function otherPeer(t: TestContext, knows: () => string[] = () => []) {
  const values = new Map<string, unknown>()
  const heard: string[] = []
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const body = parts.length ? JSON.parse(Buffer.concat(parts).toString()) : undefined
    heard.push(`${request.method} ${request.url}${body ? ` ${JSON.stringify(body)}` : ''}`)
    const answer = (status: number, json: unknown) => response.writeHead(status).end(JSON.stringify(json))
    if (request.url === '/store_data') {
      values.set(body.key, body.value)
      for (const peer of knows()) await call(`${peer}/store_data`, 'POST', body)
      return answer(200, success)
    }
    const key = decodeURIComponent(request.url!.slice('/get_data/'.length))
    if (values.has(key)) return answer(200, { value: values.get(key) })
    for (const peer of request.url!.startsWith('/get_data/') ? knows() : []) {
      const got = await call(`${peer}/get_data/${key}`)
      if (got.status === 200) return answer(200, got.json)
    }
    return answer(404, missing)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, values, heard }
}

/** Until it holds; fails after some seconds. */
async function until(what: () => boolean): Promise<void> {
  for (let turns = 0; turns < 400; turns++) {
    if (what()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  assert.fail(`still not: ${what}`)
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 150))

test('a value goes to each peer once, though they send it back', async (t) => {
  const { url, post, context } = await served(t)
  const one = await otherPeer(t, () => [url])
  const two = await otherPeer(t, () => [url])
  for (const peer of [one, two]) await post('/register_peer', { address: peer.url })
  await post('/store_data', { key: 'k', value: [1] })
  await until(() => one.values.has('k') && two.values.has('k'))
  await settle()
  const sent = 'POST /store_data {"key":"k","value":[1]}'
  assert.deepEqual([one.heard, two.heard], [[sent], [sent]])
  assert.equal(context.node.values.asked.filter((asked) => asked.startsWith('put')).length, 1)
  await post('/store_data', { key: 'k', value: [1] })
  await settle()
  assert.equal(one.heard.length, 1, 'what is held already goes no further')
})

test('a value that a peer sends is kept, and goes to the other peers', async (t) => {
  const { url, post, get } = await served(t)
  const one = await otherPeer(t, () => [url])
  const two = await otherPeer(t, () => [url])
  for (const peer of [one, two]) await post('/register_peer', { address: peer.url })
  await call(`${one.url}/store_data`, 'POST', { key: 'k', value: 'from one' })
  await until(() => two.values.get('k') === 'from one')
  await settle()
  assert.deepEqual((await get('k')).json, { value: 'from one' })
  assert.equal(two.heard.length, 1)
  assert.ok(one.heard.length <= 2, `${one.heard}`)
})

test('two writers do not chase each other', async (t) => {
  const { url, post, context } = await served(t)
  const peer = await otherPeer(t, () => [url])
  await post('/register_peer', { address: peer.url })
  const stored = () => context.node.values.asked.filter((asked) => asked.startsWith('put')).length
  await Promise.all([
    post('/store_data', { key: 'k', value: 'mine' }),
    call(`${peer.url}/store_data`, 'POST', { key: 'k', value: 'yours' }),
  ])
  await settle()
  const before = stored()
  assert.ok(before <= 2, `${before}`)
  await settle()
  assert.equal(stored(), before, 'it comes to rest')
})

test('an echo is dropped after another value came in between, but no write of a client or of later', async (t) => {
  const { context, post } = await served(t, { echoMs: 5_000 })
  const { node, calls, clock } = context
  calls.answer = async () => ({ status: 200 })
  const write = async (value: string) => {
    await post('/store_data', { key: 'k', value })
    return Buffer.from(node.values.stored.get('k')!).toString()
  }
  assert.deepEqual(
    [await write('a'), await write('b'), await write('a')],
    ['a', 'b', 'a'],
    'there are no peers',
  )
  await post('/register_peer', { address: 'http://127.0.0.1:9001' })
  assert.deepEqual([await write('c'), await write('d'), await write('c')], ['c', 'd', 'd'], 'an echo')
  await clock.advance(5_001)
  assert.equal(await write('c'), 'c')
})

test('what is held already is not put again, and later goes to nobody', async (t) => {
  const { context, post } = await served(t, { introduceAfterMs: [] })
  const { node, calls, clock } = context
  calls.answer = async () => ({ status: 200 })
  await post('/register_peer', { address: 'http://127.0.0.1:9001' })
  for (const value of [{ n: 1 }, { n: 1 }]) {
    await post('/store_data', { key: 'k', value })
    await clock.advance(60_000)
  }
  assert.deepEqual(node.values.asked, ['get k', 'put k', 'get k'])
  assert.equal(calls.made.length, 1)
})

test('a peer is known by where it calls from, whatever it calls itself', async (t) => {
  for (const address of ['http://localhost:9001', 'http://peer.example:9001']) {
    const { context, post } = await served(t)
    context.calls.allowed.add(new URL(address).hostname)
    context.calls.answer = async () => ({ status: 200 })
    await post('/register_peer', { address })
    for (const value of ['a', 'b', 'a']) await post('/store_data', { key: 'k', value })
    assert.equal(Buffer.from(context.node.values.stored.get('k')!).toString(), 'b', address)
  }
})

test('a missing value is asked of the peers, and of nobody twice at once', async (t) => {
  const { url, post, get, context } = await served(t)
  const one = await otherPeer(t, () => [url])
  const two = await otherPeer(t, () => [url])
  for (const peer of [one, two]) await post('/register_peer', { address: peer.url })
  two.values.set('theirs', { n: 1 })
  assert.deepEqual((await get('theirs')).json, { value: { n: 1 } })
  assert.equal(context.node.values.stored.size, 0, 'to ask is not to store')
  await settle()
  assert.deepEqual(
    one.heard,
    ['GET /get_data/theirs'],
    'a peer that asks back after the answer starts nothing',
  )
  one.heard.length = 0
  const got = await get('nowhere')
  assert.deepEqual([got.status, got.json], [404, missing])
  assert.deepEqual(one.heard, ['GET /get_data/nowhere'])
  const asked = await call(`${one.url}/get_data/nowhere`)
  assert.equal(asked.status, 404, 'a lookup that a peer began ends, too')
})

test('clients that are where no peer is share one lookup', async (t) => {
  const { context, post, get } = await served(t)
  context.calls.allowed.add('192.0.2.1')
  await post('/update_peers', { peers: ['http://192.0.2.1:9001'] })
  const gate = Promise.withResolvers<void>()
  context.calls.answer = async () => {
    await gate.promise
    return { status: 200, json: { value: 'late' } }
  }
  const answers = Promise.all([get('k'), get('k')])
  await until(() => context.node.values.asked.length === 2)
  await settle()
  gate.resolve()
  assert.deepEqual(
    (await answers).map(({ json }) => json),
    [{ value: 'late' }, { value: 'late' }],
  )
  assert.equal(context.calls.made.length, 1)
})

test('a peer that hangs, lies or is gone does not keep others from an answer', async (t) => {
  const { context, post, get } = await served(t, { callTimeoutMs: 1_000 })
  for (const port of [9001, 9002, 9003, 9004])
    await post('/register_peer', { address: `http://127.0.0.1:${port}` })
  const hanging = Promise.withResolvers<void>()
  context.calls.answer = async (url, { signal }) => {
    if (url.includes(':9001')) throw new ShoalError('UNAVAILABLE')
    if (url.includes(':9002')) return { status: 200, json: ['no value'] }
    if (url.includes(':9003')) return { status: 200, json: { value: 'right' } }
    hanging.resolve()
    await once(signal, 'abort')
    throw signal.reason
  }
  assert.deepEqual((await get('k')).json, { value: 'right' })
  await post('/store_data', { key: 'k2', value: 'x' })
  context.calls.answer = async (_url, { signal }) => {
    hanging.resolve()
    await once(signal, 'abort')
    throw signal.reason
  }
  const answer = get('other')
  await hanging.promise
  await settle()
  await context.clock.advance(1_000)
  assert.equal((await answer).status, 404)
})

test('a newcomer is told of this node and the others, once it listens', async (t) => {
  const { url, context, post } = await served(t, { introduceAfterMs: [1_000, 3_000, 9_000] })
  const { calls, clock } = context
  let isUp = false
  calls.answer = async () => {
    if (!isUp) throw new ShoalError('UNAVAILABLE')
    return { status: 200 }
  }
  const made = () => calls.made.splice(0)
  await post('/update_peers', { peers: ['http://127.0.0.1:9001'] })
  await clock.advance(20_000)
  assert.deepEqual(made(), [], 'who was only told of is not called')
  await post('/register_peer', { address: 'http://127.0.0.1:9002' })
  await post('/register_peer', { address: 'http://127.0.0.1:9002' })
  assert.deepEqual(made(), [], 'it does not listen yet')
  const told = {
    call: 'POST http://127.0.0.1:9002/update_peers',
    json: { peers: [url, 'http://127.0.0.1:9001'] },
  }
  await clock.advance(1_000)
  assert.deepEqual(made(), [told])
  isUp = true
  await clock.advance(30_000)
  assert.deepEqual(made(), [told], 'until it answers')
})

test('this node is no peer of itself, and peers have a bound', async (t) => {
  const { url, post, context } = await served(t, { maxPeers: 2 })
  context.calls.answer = async () => ({ status: 200 })
  await post('/register_peer', { address: url })
  await post('/update_peers', {
    peers: [url, 'http://127.0.0.1:1', 'http://127.0.0.1:2', 'http://127.0.0.1:3'],
  })
  assert.deepEqual((await call(`${url}/get_peers`)).json, {
    peers: ['http://127.0.0.1:1', 'http://127.0.0.1:2'],
  })
  assert.equal((await post('/register_peer', { address: 'http://127.0.0.1:4' })).status, 503)
  assert.equal((await post('/register_peer', { address: 'http://127.0.0.1:2' })).status, 200)
})

test('a peer that does not answer for long is forgotten', async (t) => {
  const { url, post, get, context } = await served(t, { forgetMs: 60_000, introduceAfterMs: [] })
  await post('/register_peer', { address: 'http://127.0.0.1:9001' })
  context.calls.answer = async () => {
    throw new ShoalError('UNAVAILABLE')
  }
  const peers = async () => (await call(`${url}/get_peers`)).json.peers.length
  await get('a')
  assert.equal(await peers(), 1)
  await context.clock.advance(60_001)
  await get('b')
  assert.equal(await peers(), 0)
})

test('GetFile gives the bytes of a value, else a shared file of that name', async (t) => {
  const { context, post, getFile } = await served(t)
  const { node } = context
  node.add('a.txt', 'the file')
  node.add('far.txt', 'from afar', { isHere: false })
  await post('/store_data', { key: 'text', value: 'tschüß' })
  await post('/store_data', { key: 'json', value: { a: [1] } })
  node.values.stored.set('raw', Buffer.from([0xff, 0x00]))
  const contents = async (key: string) => {
    const file = await getFile(key)
    assert.equal(file.key, key)
    return Buffer.from(file.content).toString('latin1')
  }
  assert.equal(Buffer.from(await contents('text'), 'latin1').toString(), 'tschüß')
  assert.equal(await contents('json'), '{"a":[1]}')
  assert.equal(await contents('raw'), '\xff\x00')
  assert.equal(await contents('a.txt'), 'the file')
  assert.equal(await contents('far.txt'), 'from afar')
  await post('/store_data', { key: 'a.txt', value: 'the value' })
  assert.equal(await contents('a.txt'), 'the value')
  for (const key of ['', 'A.TXT', '../a.txt', 'x'.repeat(300)])
    await assert.rejects(getFile(key), { code: 'NOT_FOUND' }, key)
  node.values.failure = new ShoalError('NOT_IMPLEMENTED', 'This node keeps no values.')
  assert.equal(await contents('far.txt'), 'from afar')
  await assert.rejects(getFile('text'), { code: 'NOT_IMPLEMENTED' })
})

test('GetFile sends no file that is larger than a message, and none in part', async (t) => {
  const { context, getFile } = await served(t)
  const { node } = context
  node.add('most', Buffer.alloc(MAX_CONTENT_BYTES, 'm'))
  node.add('more', Buffer.alloc(MAX_CONTENT_BYTES + 1, 'm'))
  const { content } = await getFile('most')
  assert.equal(content.length, MAX_CONTENT_BYTES)
  await assert.rejects(getFile('more'), { code: 'TOO_LARGE' })
  node.add('more', 'a small one')
  assert.equal(Buffer.from((await getFile('more')).content).toString(), 'a small one')
  const liar = node.add('liar', 'longer than was said')
  node.find = async function* () {
    yield { ...liar, sizeBytes: 3 }
  }
  await assert.rejects(getFile('liar'), { code: 'FILE_CHANGED' })
})

test('GetFile takes any bytes for a request', async (t) => {
  const { dialect } = await served(t)
  const ask = dialect.grpc!.calls.get('/FileTransferService/GetFile')!
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), async (bytes) => {
      await assert.rejects(
        ask(bytes, { host: '127.0.0.1', port: 1 }),
        (error: ShoalError) => error.code === 'NOT_FOUND' || error.code === 'INVALID_ARGUMENT',
      )
    }),
  )
})

test('a peer is http://HOST:PORT and nothing more', () => {
  const cases: [unknown, string | undefined][] = [
    ['http://127.0.0.1:5001', 'http://127.0.0.1:5001'],
    ['http://127.0.0.1:5001/', 'http://127.0.0.1:5001'],
    ['http://[::1]:5001', 'http://[::1]:5001'],
    ['http://peer.example', 'http://peer.example'],
    ...[
      'http://u:p@127.0.0.1:1',
      'http://127.0.0.1:1/x',
      'http://127.0.0.1:1/?q',
      'https://127.0.0.1:1',
      'file:///etc',
      '127.0.0.1:5001',
      '',
      'http://',
      'http://127.0.0.1:99999',
      `http://${'x'.repeat(260)}`,
    ].map((text): [string, undefined] => [text, undefined]),
    [5001, undefined],
    [null, undefined],
  ]
  for (const [address, url] of cases) assert.equal(peerUrl(address), url, String(address))
  fc.assert(fc.property(fc.anything(), (value) => void peerUrl(value)))
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
      const read = peerUrl(url)
      assert.ok(read === undefined || new URL(read).pathname === '/')
    }),
  )
})
