import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { Client, credentials, type ServiceError } from '@grpc/grpc-js'
import { systemClock } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import { silentLogger } from '../base/log.ts'
import { Callers } from './callers.ts'
import type { Caller, Dialect, DialectName } from './dialect.ts'
import { Fence, type FenceOptions } from './fence.ts'
import { DialectListeners } from './listeners.ts'
import { parseDialect } from './spec.ts'

const HOST = '127.0.0.1'

interface Toy extends Dialect {
  readonly heard: string[]
}

/** Says what it hears. */
function toy(name: DialectName): Toy {
  const heard: string[] = []
  const common = { name, heard, start() {}, stop: async () => {}, view: () => ({}) }
  if (name === 'zoned')
    return {
      ...common,
      grpc: {
        calls: new Map([
          [
            '/peering.PeeringService/Register',
            async (bytes: Uint8Array, from: Caller) => {
              heard.push(from.host)
              if (bytes.length === 0) throw new ShoalError('NOT_FOUND', 'There is no such place.')
              if (bytes[0] === 7) throw new Error('a secret')
              return Buffer.concat([bytes, Buffer.from('!')])
            },
          ],
        ]),
      },
    }
  return {
    ...common,
    http(app) {
      app.get(`/${name}`, async (request) => ({ got: request.body ?? null }))
      app.post(`/${name}`, async (request) => ({ got: request.body ?? null }))
      app.get(`/${name}/broken`, async () => {
        throw new Error('a secret')
      })
      app.get(`/${name}/full`, async () => {
        throw new ShoalError('NO_SPACE', 'It is full.')
      })
      if (name === 'kv') app.setErrorHandler((_error, _request, reply) => reply.code(418).send({ own: true }))
    },
    ...(name === 'central' && {
      datagram: async (message: Uint8Array) => {
        heard.push(Buffer.from(message).toString())
        return message.length > 3 ? Buffer.from('file') : undefined
      },
    }),
  }
}

async function open(t: TestContext, texts: readonly string[], fence?: Partial<FenceOptions>) {
  const calls = new Callers([], systemClock)
  const counts = new Fence(systemClock, fence)
  const listeners = new DialectListeners({
    ...{ host: HOST, callableHost: HOST, allowedHosts: ['shoal.example:80'], calls, fence: counts },
    log: silentLogger,
  })
  const spoken = texts.map((text) => {
    const spec = parseDialect(text)
    return { spec, dialect: toy(spec.name) }
  })
  const addresses = await listeners.open(spoken)
  t.after(() => listeners.close())
  const port = (name: DialectName) => addresses.get(name)!.port
  return { calls, counts, addresses, port, dialects: spoken.map(({ dialect }) => dialect), listeners }
}

interface Asked {
  readonly method?: string
  readonly path?: string
  readonly body?: string
  readonly headers?: Record<string, string>
}

async function ask(port: number, { method = 'GET', path = '/central', body, headers = {} }: Asked = {}) {
  const json = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length }
  const sent = request({ host: HOST, port, method, path, headers: { ...json, ...headers }, agent: false })
  sent.end(body)
  const [answer] = await once(sent, 'response')
  const text = Buffer.concat(await Array.fromAsync(answer as AsyncIterable<Buffer>)).toString()
  return { status: answer.statusCode as number, body: JSON.parse(text) }
}

test('calls reach their dialect, a GET with a body too, and who called may be called', async (t) => {
  const { calls, counts, port } = await open(t, ['central:0'])
  assert.equal(calls.mayCall(HOST), false)
  assert.deepEqual(await ask(port('central')), { status: 200, body: { got: null } })
  assert.deepEqual(await ask(port('central'), { body: '{"a":1}' }), { status: 200, body: { got: { a: 1 } } })
  assert.deepEqual((await ask(port('central'), { method: 'POST', body: '[2]' })).body, { got: [2] })
  assert.equal(calls.mayCall(HOST), true)
  assert.equal(calls.mayCall('localhost'), true)
  assert.deepEqual(counts.counts('central'), { ok: 3, refused: 0, failed: 0 })
})

test('what goes wrong is answered as JSON, without the inside of the node', async (t) => {
  const { port } = await open(t, ['central:0'])
  const at = (asked: Asked) => ask(port('central'), asked)
  const wrong = await at({ method: 'POST', body: '{"a":' })
  assert.equal(wrong.status, 400)
  assert.equal(wrong.body.message, wrong.body.error)
  assert.deepEqual([(await at({ path: '/no' })).status, (await at({ method: 'PUT' })).status], [404, 404])
  assert.deepEqual(await at({ path: '/central/full' }), {
    status: 507,
    body: { success: false, error: 'It is full.', message: 'It is full.' },
  })
  const broken = await at({ path: '/central/broken' })
  assert.equal(broken.status, 500)
  assert.doesNotMatch(JSON.stringify(broken.body), /secret/)
  const large = await at({ method: 'POST', body: JSON.stringify('x'.repeat(65 * 1024)) })
  assert.equal(large.status, 413)
})

test('pages of other sites and foreign names are refused before anything happens', async (t) => {
  const { calls, port } = await open(t, ['central:0'])
  const own = `${HOST}:${port('central')}`
  const status = async (headers: Record<string, string>) => (await ask(port('central'), { headers })).status
  assert.equal(await status({ host: 'evil.example' }), 403)
  assert.equal(await status({ host: HOST }), 403)
  assert.equal(await status({ origin: 'http://evil.example' }), 403)
  assert.equal(await status({ origin: 'null' }), 403)
  assert.equal(await status({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }), 403)
  assert.equal(calls.mayCall(HOST), false)
  assert.equal(await status({ origin: `http://${own}` }), 200)
  assert.equal(await status({ host: `localhost:${port('central')}` }), 200)
  assert.equal(await status({ host: 'shoal.example:80' }), 200)
})

test('several share a port, each with its own handler of errors; one port is not had twice', async (t) => {
  const { port } = await open(t, ['central:0'])
  const taken = port('central')
  await assert.rejects(open(t, [`neighbour:${taken}`]), (error) => {
    assert.ok(error instanceof ShoalError && error.code === 'CONFLICT')
    assert.match(error.message, new RegExp(`Port ${taken} .*--dialect NAME:PORT`))
    return true
  })
  await assert.rejects(open(t, [`zoned:${taken}`]), { code: 'CONFLICT' })
  const free = createServer().listen(0, HOST)
  await once(free, 'listening')
  const { port: both } = free.address() as { port: number }
  await new Promise((resolve) => free.close(resolve))
  const shared = await open(t, [`neighbour:${both}`, `kv:${both}:0`])
  assert.equal(shared.port('neighbour'), shared.port('kv'))
  assert.equal((await ask(both, { path: '/neighbour/full' })).status, 507)
  assert.deepEqual(await ask(both, { path: '/kv/full' }), { status: 418, body: { own: true } })
})

test('what one caller asks too often is refused, and counts for nobody else', async (t) => {
  const fence = { perAddress: { perSecond: 0.001, burst: 3 }, inAll: { perSecond: 0.001, burst: 100 } }
  const { port, counts } = await open(t, ['central:0'], fence)
  const statuses: number[] = []
  for (let i = 0; i < 5; i++) statuses.push((await ask(port('central'))).status)
  assert.deepEqual(statuses, [200, 200, 200, 429, 429])
  assert.deepEqual(counts.counts('central'), { ok: 3, refused: 2, failed: 0 })
})

test('datagrams are answered on the same port; they give no leave to call back', async (t) => {
  const { port, calls, dialects } = await open(t, ['central:0'])
  const socket = createSocket('udp4')
  t.after(() => socket.close())
  const send = (message: Uint8Array) => socket.send(message, port('central'), HOST)
  send(Buffer.alloc(1025, 'x'))
  send(Buffer.from('no'))
  send(Buffer.from('path/name'))
  const [answer] = await once(socket, 'message')
  assert.equal(String(answer), 'file')
  assert.deepEqual((dialects[0] as Toy).heard, ['no', 'path/name'])
  assert.equal(calls.mayCall(HOST), false)
})

test('gRPC calls are answered, errors by their code, and faults without their text', async (t) => {
  const { port, calls } = await open(t, ['zoned:0'])
  const client = new Client(`${HOST}:${port('zoned')}`, credentials.createInsecure())
  t.after(() => client.close())
  const same = (bytes: Buffer) => bytes
  const register = (bytes: number[], path = '/peering.PeeringService/Register') =>
    new Promise<string | ServiceError>((resolve) =>
      client.makeUnaryRequest(path, same, same, Buffer.from(bytes), (error, answer) =>
        resolve(error ?? String(answer)),
      ),
    )
  assert.equal(await register([65]), 'A!')
  assert.equal(calls.mayCall(HOST), true)
  const missing = (await register([])) as ServiceError
  assert.deepEqual([missing.code, missing.details], [5, 'There is no such place.'])
  const broken = (await register([7])) as ServiceError
  assert.equal(broken.code, 13)
  assert.doesNotMatch(broken.details, /secret/)
  assert.equal(((await register([65], '/peering.PeeringService/No')) as ServiceError).code, 12)
})
