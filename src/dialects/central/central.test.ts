import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { call } from '../testing/call.ts'
import { type FakeContext, fakeContext } from '../testing/fake-context.ts'
import { listen } from '../testing/listen.ts'
import { type CentralOptions, centralDialect } from './central.ts'
import type { Resource } from './wire.ts'

const never = new AbortController().signal
const md5 = (text: string) => createHash('md5').update(text).digest('hex')

const PEER_A = '7f6c2d1e-3a4b-4c5d-8e9f-0a1b2c3d4e5f'
const PEER_B = '00000000-0000-4000-8000-00000000000b'

const fileOf = (peer_id: string, resource_name: string, more: object = {}) => ({
  ...{ peer_id, peer_ip: '127.0.0.1', peer_port: 4001, resource_path: 'files', resource_name },
  resource_hash: md5(resource_name),
  ...more,
})

/** As it is told to others: without who. */
const told = ({ peer_id: _, ...resource }: ReturnType<typeof fileOf>) => resource

async function served(
  t: TestContext,
  options: Partial<CentralOptions> = {},
  context: FakeContext = fakeContext(),
) {
  const dialect = centralDialect(context, options)
  const { host, port, url } = await listen(t, context.calls, dialect)
  const data = async (body?: unknown) => JSON.parse((await call(`${url}/resource`, 'GET', body)).json.data)
  const ask = (text: string, from = { host: '127.0.0.1', port: 9 }) =>
    dialect.datagram!(Buffer.from(text), from)
  return { context, dialect, host, port, url, data, ask }
}

type Step = [request: [method: string, path: string, body?: unknown], status: number, answer: object]

const A1 = fileOf(PEER_A, 'a.txt')
const A1_AGAIN = fileOf(PEER_A, 'a.txt', { peer_port: 4002, resource_hash: md5('new') })
const A2 = fileOf(PEER_A, 'copy of a.txt', { resource_hash: A1.resource_hash })
const B1 = fileOf(PEER_B, 'b.txt', { peer_port: '4010', resource_path: '' })
const B1_READ = { ...B1, peer_port: 4010 }

const ok = (value: unknown) => ({ success: true, data: JSON.stringify(value) })
const refused = (data: unknown) => ({
  success: false,
  data: typeof data === 'string' ? data : JSON.stringify(data),
})

/** A session with plain calls, in order. */
const SESSION: Step[] = [
  [['GET', '/resource'], 200, ok([])],
  [['GET', '/resource', {}], 200, ok([])],
  [['GET', '/resource', ''], 200, ok([])],
  [['GET', '/resource', { resource_name: 'a.txt' }], 200, ok({})],
  [['POST', '/heartbeat', { peer_id: PEER_A }], 200, { success: true, data: 'Ok' }],
  [['POST', '/resource', A1], 200, ok(A1)],
  [['GET', '/resource', { resource_name: 'a.txt' }], 200, ok(told(A1))],
  [['POST', '/resource', A1], 200, ok(A1)],
  [['GET', '/resource'], 200, ok([told(A1)])],
  [['POST', '/resource', A1_AGAIN], 200, ok(A1_AGAIN)],
  [['POST', '/resource', A2], 200, ok(A2)],
  [['POST', '/resource', B1], 200, ok(B1)],
  [['GET', '/resource'], 200, ok([told(A1_AGAIN), told(A2), told(B1_READ)])],
  [['GET', '/resource', { resource_name: 'b.txt' }], 200, ok(told(B1_READ))],
  [['GET', '/resource', { resource_name: 'A.TXT' }], 200, ok({})],
  [['POST', '/heartbeat', { peer_id: PEER_A.toUpperCase() }], 200, { success: true, data: 'Ok' }],
  [['POST', '/resource'], 400, refused('No body')],
  [['POST', '/resource', {}], 400, refused('No body')],
  [['POST', '/resource', '{'], 400, refused('The body is not JSON.')],
  [['POST', '/heartbeat'], 400, refused('No body')],
  [['POST', '/heartbeat', { peer_id: 'me' }], 422, refused({ peer_id: ['Not valid.'] })],
  [['POST', '/heartbeat', [PEER_A]], 422, refused({ 0: ['Unknown field.'], peer_id: ['Missing.'] })],
  [['POST', '/resource', { ...A1, peer_port: undefined }], 422, refused({ peer_port: ['Missing.'] })],
  [
    ['POST', '/resource', { ...A1, peer_ip: 'x', size: 1 }],
    422,
    refused({ peer_ip: ['Not valid.'], size: ['Unknown field.'] }),
  ],
  [
    ['GET', '/resource', { name: 'a.txt' }],
    422,
    refused({ name: ['Unknown field.'], resource_name: ['Missing.'] }),
  ],
]

test('a session of plain calls', async (t) => {
  const { url, context } = await served(t)
  for (const [[method, path, body], status, answer] of SESSION) {
    const step = `${method} ${path} ${JSON.stringify(body)}`
    const got = await call(`${url}${path}`, method, body)
    assert.deepEqual([got.status, got.json], [status, answer], step)
  }
  assert.deepEqual(
    context.guests
      .list('central')
      .map(({ owner, name, holder, md5: hash }) => ({ owner, name, holder, hash })),
    [A1_AGAIN, A2, B1_READ].map((file) => ({
      ...{ owner: file.peer_id, name: file.resource_name },
      ...{ holder: `127.0.0.1:${file.peer_port}`, hash: file.resource_hash },
    })),
  )
})

test('a body that is not said to be JSON is refused as clients read it', async (t) => {
  const { url } = await served(t)
  const got = await call(`${url}/resource`, 'POST', JSON.stringify(A1), { 'content-type': 'text/plain' })
  assert.equal(got.status, 415)
  assert.equal(got.json.success, false)
})

test('a peer goes 7 to 14 s after its last beat, or after its registration when none came', async (t) => {
  const { url, context, data } = await served(t)
  const { clock } = context
  const names = async () => (await data()).map((resource: Resource) => resource.resource_name).join()
  await clock.advance(3_000)
  await call(`${url}/resource`, 'POST', A1)
  await call(`${url}/resource`, 'POST', B1)
  for (let beats = 0; beats < 6; beats++) {
    await clock.advance(5_000)
    await call(`${url}/heartbeat`, 'POST', { peer_id: PEER_A })
    if (beats === 0) assert.equal(await names(), 'a.txt,b.txt'.split(',').toReversed().join())
  }
  assert.equal(await names(), 'a.txt', 'who never beat went')
  assert.equal(context.guests.list('central').length, 1)
  await clock.advance(6_900)
  assert.equal(await names(), 'a.txt')
  await clock.advance(7_100)
  assert.equal(await names(), '')
  await call(`${url}/heartbeat`, 'POST', { peer_id: PEER_A })
  assert.equal(await names(), '', 'a beat brings nothing back')
  await call(`${url}/resource`, 'POST', A1)
  assert.equal(await names(), 'a.txt')
})

test('of several peers with one name the one that was heard of last is told', async (t) => {
  const { url, data } = await served(t)
  const other = fileOf(PEER_B, 'a.txt', { peer_port: 4444 })
  await call(`${url}/resource`, 'POST', A1)
  await call(`${url}/resource`, 'POST', other)
  assert.deepEqual(await data({ resource_name: 'a.txt' }), told(other))
  await call(`${url}/heartbeat`, 'POST', { peer_id: PEER_A })
  assert.deepEqual(await data({ resource_name: 'a.txt' }), told(A1))
})

test('what is too much is refused, and what was there stays', async (t) => {
  const { url, context } = await served(t, { maxPeers: 1, maxFilesPerPeer: 2 })
  const post = async (file: object) => (await call(`${url}/resource`, 'POST', file)).status
  assert.deepEqual([await post(A1), await post(A2), await post(A1_AGAIN)], [200, 200, 200])
  assert.deepEqual([await post(fileOf(PEER_A, 'third')), await post(B1)], [507, 507])
  context.guests.room = 2
  assert.equal(await post(A1_AGAIN), 200, 'a full book still takes what replaces')
  assert.equal(context.guests.list('central').length, 2)
})

test("Shoal's files of up to 10240 bytes are told and sent in one datagram", async (t) => {
  const { host, port, context, data, ask } = await served(t)
  const { node } = context
  const largest = node.add('largest', 'x'.repeat(10_240))
  node.add('too large', 'x'.repeat(10_241))
  const one = node.add('same', 'one')
  const two = node.add('same', 'two')
  const expected = [largest, one, two].map((file) => ({
    ...{ peer_ip: host, peer_port: port, resource_path: `shoal/${file.cid}`, resource_name: file.name },
    resource_hash: md5(
      { largest: 'x'.repeat(10_240), one: 'one', two: 'two' }[
        file === largest ? 'largest' : file === one ? 'one' : 'two'
      ]!,
    ),
  }))
  const resources = await data()
  assert.deepEqual(resources, expected)
  assert.deepEqual(await data({ resource_name: 'same' }), expected[1])
  assert.deepEqual(await data({ resource_name: 'too large' }), {})
  for (const { resource_path, resource_name, resource_hash } of resources) {
    const bytes = await ask(`${resource_path}/${resource_name}`)
    assert.equal(createHash('md5').update(bytes!).digest('hex'), resource_hash)
  }
  assert.equal(node.reads.length, 6, 'each is read once for its MD5 and once to be sent')
  assert.equal(Buffer.from((await ask(`shoal/${one.cid}/same`))!).toString(), 'one')
  const { find } = node
  node.find = (what, signal) =>
    what.name === 'same' ? find.call(node, { name: 'largest' }, signal) : find.call(node, what, signal)
  assert.equal(await ask(`shoal/${one.cid}/same`), undefined, 'what is here still and open to nobody')
  node.find = find
  node.remove(two)
  assert.equal(await ask(`shoal/${two.cid}/same`), undefined, 'what is gone')
})

test('a datagram gets nothing but what was told', async (t) => {
  const { url, context, data, ask } = await served(t)
  const secret = context.node.add('a.txt', 'hello')
  assert.equal(await ask(`shoal/${secret.cid}/a.txt`), undefined, 'nobody was told')
  await call(`${url}/resource`, 'POST', fileOf(PEER_A, 'mine.txt'))
  await data()
  for (const text of [
    '',
    '/',
    'a.txt',
    'shoal/a.txt',
    '/etc/passwd',
    'src/../package.json',
    'files/mine.txt',
  ])
    assert.equal(await ask(text), undefined, text)
  for (const name of ['', 'b.txt', 'a.txt/', '../a.txt', 'a.txt\0'])
    assert.equal(await ask(`shoal/${secret.cid}/${name}`), undefined, name)
  assert.equal(Buffer.from((await ask(`shoal/${secret.cid}/a.txt`))!).toString(), 'hello')
  const stranger = { host: '192.0.2.7', port: 9 }
  assert.equal(await ask(`shoal/${secret.cid}/a.txt`, stranger), undefined, 'an address that never called')
})

test('a file of another node is found by name and sent', async (t) => {
  const { context, data, ask } = await served(t)
  const far = context.node.add('far.txt', 'from afar', { isHere: false })
  assert.deepEqual(await data(), [], 'only by name')
  const found = await data({ resource_name: 'far.txt' })
  assert.equal(found.resource_hash, md5('from afar'))
  assert.equal(Buffer.from((await ask(`${found.resource_path}/far.txt`))!).toString(), 'from afar')
  context.node.remove(far)
  assert.equal(await ask(`${found.resource_path}/far.txt`), undefined, 'nobody has it any more')
})

test('a file that cannot be read is not told, and a search that takes too long ends', async (t) => {
  const context = fakeContext()
  const { data } = await served(t, { lookupTimeoutMs: 1_000 }, context)
  const bad = context.node.add('bad', 'bad')
  context.node.add('good', 'good')
  const { read } = context.node
  context.node.read = async function* (file, signal) {
    if (file.cid === bad.cid) yield Buffer.from('b')
    else yield* read.call(context.node, file, signal)
  }
  assert.deepEqual(
    (await data()).map((resource: Resource) => resource.resource_name),
    ['good'],
  )
  const asked = Promise.withResolvers<void>()
  context.node.find = async function* (_what, signal) {
    yield { ...bad, name: 'nowhere', sizeBytes: 10_241 }
    asked.resolve()
    await once(signal, 'abort')
    signal.throwIfAborted()
  }
  const answer = data({ resource_name: 'nowhere' })
  await asked.promise
  await context.clock.advance(1_000)
  assert.deepEqual(await answer, {})
})

/** A peer of the other system: answers `path/name` with what the table has, and nothing else with anything. */
async function udpPeer(t: TestContext, files: Record<string, string | undefined>) {
  const socket = createSocket('udp4')
  const asked: string[] = []
  socket.on('message', (message, from) => {
    asked.push(message.toString())
    const content = files[message.toString()]
    if (content !== undefined) socket.send(content, from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.after(() => socket.close())
  return { port: socket.address().port, asked }
}

test('a guest is fetched with one datagram each way', async (t) => {
  const { url, context } = await served(t)
  const { port, asked } = await udpPeer(t, {
    'files/a.txt': 'its bytes',
    'files/huge': 'x'.repeat(10_241),
    '/top': '',
  })
  const post = (name: string, more: object = {}) =>
    call(`${url}/resource`, 'POST', fileOf(PEER_A, name, { peer_port: port, ...more }))
  await post('a.txt')
  await post('huge')
  await post('top', { resource_path: '' })
  await post('silent')
  assert.equal(context.guests.list('central')[0]!.maxBytes, 10_240)
  const fetched = async (name: string) => {
    const guest = context.guests.list('central').find((file) => file.name === name)
    return Buffer.concat(await Array.fromAsync(await guest!.fetch!(never))).toString()
  }
  assert.equal(await fetched('a.txt'), 'its bytes')
  assert.equal(await fetched('top'), '')
  assert.deepEqual(asked, ['files/a.txt', '/top'])
  await assert.rejects(fetched('huge'), { code: 'TOO_LARGE' })
  const silent = assert.rejects(fetched('silent'), { code: 'TIMED_OUT' })
  await context.clock.advance(10_000)
  await silent
})

test('a peer that is gone, and one that stops waiting', async (t) => {
  const { url, context } = await served(t)
  const gone = await udpPeer(t, {})
  const closed = createSocket('udp4').bind(0, '127.0.0.1')
  await once(closed, 'listening')
  const { port } = closed.address()
  await new Promise<void>((resolve) => closed.close(resolve))
  await call(`${url}/resource`, 'POST', fileOf(PEER_A, 'a', { peer_port: port }))
  await call(`${url}/resource`, 'POST', fileOf(PEER_A, 'b', { peer_port: gone.port }))
  const [a, b] = context.guests.list('central')
  await assert.rejects(a!.fetch!(never), { code: 'UNAVAILABLE' })
  const left = new AbortController()
  const waiting = assert.rejects(b!.fetch!(left.signal), /enough/)
  left.abort(new Error('enough'))
  await waiting
})

test('only addresses that called are fetched from', async (t) => {
  const { url, context } = await served(t)
  await call(`${url}/resource`, 'POST', fileOf(PEER_A, 'a', { peer_ip: '192.0.2.1' }))
  assert.equal(context.guests.list('central')[0]!.fetch, undefined)
})
