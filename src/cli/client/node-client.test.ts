import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeNode } from '../../../test/support/fake-node.ts'
import { ShoalError } from '../../base/errors.ts'
import { NodeClient } from './node-client.ts'

const clientOf = (url: string, token?: string) => new NodeClient({ url, token, startHint: 'Start it.' })
const code =
  (expected: string, message = /./) =>
  (error: unknown) => {
    assert.ok(error instanceof ShoalError, String(error))
    assert.equal(error.code, expected)
    assert.match(error.message, message)
    return true
  }

test('a call carries query, body and token', async () => {
  await using node = await fakeNode({ 'POST /thing': () => ({ json: { ok: true } }) })
  const client = clientOf(node.url, 'secret')
  const answer = await client.json('POST', '/thing', {
    query: { q: 'é &', limit: 3, not: undefined },
    body: { a: 1 },
  })
  assert.deepEqual(answer, { ok: true })
  const [request] = node.requests
  assert.equal(request?.headers.authorization, 'Bearer secret')
  assert.equal(request?.headers['content-type'], 'application/json')
  assert.equal(request?.headers.host, `127.0.0.1:${node.port}`)
  assert.deepEqual(
    [...request!.query],
    [
      ['q', 'é &'],
      ['limit', '3'],
    ],
  )
  assert.deepEqual(request?.body, { a: 1 })
})

test('problem details become errors with their code, text and details', async () => {
  await using node = await fakeNode({
    'GET /many': () => ({
      problem: { status: 409, code: 'AMBIGUOUS', detail: 'Two of them.', details: { candidates: [1, 2] } },
    }),
    'GET /secret': () => ({ problem: { status: 401, code: 'UNAUTHENTICATED', detail: 'No.' } }),
    'GET /page': () => ({ raw: '<html>', status: 502 }),
    'GET /html': () => ({ raw: '<html>' }),
  })
  const client = clientOf(node.url)
  await assert.rejects(client.json('GET', '/many'), (error: ShoalError) => {
    assert.deepEqual(error.details, { candidates: [1, 2] })
    return code('AMBIGUOUS', /Two of them/)(error)
  })
  await assert.rejects(client.json('GET', '/secret'), code('UNAUTHENTICATED', /SHOAL_TOKEN/))
  await assert.rejects(
    clientOf(node.url, 'x').json('GET', '/secret'),
    code('UNAUTHENTICATED', /not take this/),
  )
  await assert.rejects(client.json('GET', '/page'), code('BAD_RESPONSE', /502/))
  await assert.rejects(client.json('GET', '/html'), code('BAD_RESPONSE', /no node of Shoal/))
})

test('nobody there: NODE_UNREACHABLE with what to do', async () => {
  const node = await fakeNode({})
  await node[Symbol.asyncDispose]()
  await assert.rejects(
    clientOf(node.url).json('GET', '/status'),
    code('NODE_UNREACHABLE', /nobody listens.*Start it/),
  )
})

test('a stream gives its values, and an error event as an error', async () => {
  await using node = await fakeNode({
    'GET /good': () => ({ lines: [{ n: 1 }, { n: 2 }] }),
    'GET /bad': () => ({ lines: [{ n: 1 }, { event: 'error', code: 'NO_SPACE', message: 'Full.' }] }),
    'GET /odd': () => ({ lines: [{ event: 'error', code: 'SOMETHING_NEW', message: 'New.' }] }),
    'GET /cut': () => ({ lines: [{ n: 1 }], cutOff: true }),
  })
  const client = clientOf(node.url)
  const all = (path: string) => Array.fromAsync(client.lines<unknown>('GET', path))
  assert.deepEqual(await all('/good'), [{ n: 1 }, { n: 2 }])
  await assert.rejects(all('/bad'), code('NO_SPACE', /Full/))
  await assert.rejects(all('/odd'), code('BAD_RESPONSE', /New/))
  await assert.rejects(all('/cut'), code('UNAVAILABLE', /went away/))
})

test('leaving a stream, or aborting it, ends the call at the node', async () => {
  const ended: string[] = []
  async function* forever(name: string, signal: AbortSignal) {
    yield { n: 1 }
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    ended.push(name)
    done[name]?.()
  }
  const done: Record<string, () => void> = {}
  const end = (name: string) => new Promise<void>((resolve) => (done[name] = resolve))
  const ends = [end('left'), end('aborted')]
  await using node = await fakeNode({
    'GET /left': ({ signal }) => ({ lines: forever('left', signal) }),
    'GET /aborted': ({ signal }) => ({ lines: forever('aborted', signal) }),
  })
  const client = clientOf(node.url)
  for await (const value of client.lines('GET', '/left')) {
    assert.deepEqual(value, { n: 1 })
    break
  }
  const stop = new AbortController()
  const reason = new ShoalError('CANCELLED', 'Enough.')
  await assert.rejects(
    (async () => {
      for await (const _ of client.lines('GET', '/aborted', { signal: stop.signal })) stop.abort(reason)
    })(),
    (error) => error === reason,
  )
  await Promise.all(ends)
  assert.deepEqual(ended.sort(), ['aborted', 'left'])
})
