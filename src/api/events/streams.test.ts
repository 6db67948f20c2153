import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { abortable } from '../../base/signals.ts'
import type { SearchEvent } from '../node-port.ts'
import { fetchDocumented } from '../testing/documented.ts'
import { CID_B, entryOf } from '../testing/fake-node.ts'
import { BEARER, lines, send, sendJson, startApi } from '../testing/start-api.ts'

const hit = (name: string): SearchEvent => ({
  type: 'hit',
  entry: entryOf(name),
  providers: [],
  via: ['library'],
})
const forever = (signal: AbortSignal) => abortable(new Promise<never>(() => undefined), signal)

async function open(url: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const call = get(url, { headers, agent: false })
  const [answer] = (await once(call, 'response')) as [IncomingMessage]
  answer.on('error', () => undefined)
  return answer
}

test('a search streams its hits and its end as NDJSON', async (t) => {
  const { url, node } = await startApi(t)
  const answer = await send(`${url}/api/v1/search?q=a%20b*&via=index,library&limit=5&timeoutMs=900`)
  assert.equal(answer.headers['content-type'], 'application/x-ndjson; charset=utf-8')
  const [first, last] = lines(answer.body)
  assert.deepEqual(first, {
    event: 'hit',
    cid: entryOf('a.txt').cid,
    sha256: entryOf('a.txt').sha256,
    name: 'a.txt',
    path: 'docs/a.txt',
    size: 5,
    kind: 'file',
    providers: [],
    via: ['library'],
  })
  assert.equal(last!.event, 'done')
  assert.deepEqual(last!.via, {
    library: { hits: 1, messages: 0, ms: 1, asked: 0, bytes: 0, firstHitHops: 0, stopped: 'complete' },
    index: {
      ...{ hits: 0, messages: 1, ms: 2, asked: 1, bytes: 40, problems: ['index h:1: busy'] },
      error: { code: 'UNAVAILABLE', message: 'It is down.' },
    },
  })
  assert.deepEqual(node.asked, [['search', { words: 'a b*', limit: 5 }, ['index', 'library'], 900]])
})

test('or as server-sent events', async (t) => {
  const { url } = await startApi(t)
  const answer = await send(`${url}/api/v1/search?q=a`, { headers: { accept: 'text/event-stream' } })
  assert.equal(answer.headers['content-type'], 'text/event-stream; charset=utf-8')
  const events = answer.body.split('\n\n').filter(Boolean)
  assert.equal(events.length, 2)
  for (const [index, name] of ['hit', 'done'].entries()) {
    const [event, data] = events[index]!.split('\n')
    assert.equal(event, `event: ${name}`)
    assert.equal(JSON.parse(data!.replace(/^data: /, '')).event, name)
  }
})

test('each hit is sent when it is found', async (t) => {
  const { url, node } = await startApi(t)
  const more = Promise.withResolvers<void>()
  node.found = async function* () {
    yield hit('first')
    await more.promise
    yield hit('second')
  }
  const answer = await open(`${url}/api/v1/search?q=a`)
  const reader = createInterface({ input: answer })[Symbol.asyncIterator]()
  assert.equal(JSON.parse((await reader.next()).value ?? '').name, 'first')
  more.resolve()
  assert.equal(JSON.parse((await reader.next()).value ?? '').name, 'second')
  assert.equal((await reader.next()).done, true)
})

for (const [what, path] of [
  ['a search', '/api/v1/search?q=a'],
  ['a watched download', '/api/v1/downloads/d1/events'],
] as const)
  test(`when the client leaves ${what}, the node stops working on it`, async (t) => {
    const { url, node } = await startApi(t)
    node.watched = ['running']
    node.found = async function* (signal) {
      yield hit('first')
      await forever(signal)
    }
    const answer = await open(url + path)
    await once(answer, 'data')
    assert.equal(node.streamCount, 1)
    answer.destroy()
    await node.untilStreams(0)
  })

test('a client that leaves before the first event is noticed too', async (t) => {
  const { url, node } = await startApi(t)
  node.found = async function* (signal) {
    yield await forever(signal)
  }
  const call = get(`${url}/api/v1/search?q=a`, { agent: false }).on('error', () => undefined)
  await node.untilStreams(1)
  call.destroy()
  await node.untilStreams(0)
})

test('adding a path ends when the client leaves', async (t) => {
  const { url, node } = await startApi(t)
  node.adding = async (onAdded, signal) => {
    onAdded(entryOf('a.txt'))
    return forever(signal)
  }
  const controller = new AbortController()
  const answer = await fetchDocumented(`${url}/api/v1/library`, {
    method: 'POST',
    headers: { ...BEARER, 'content-type': 'application/json' },
    body: '{"path":"/x"}',
    signal: controller.signal,
  })
  await answer.body!.getReader().read()
  controller.abort()
  await node.untilStreams(0)
})

test('a reader that does not read holds the work back', async (t) => {
  const { url, node } = await startApi(t)
  let made = 0
  node.found = async function* () {
    for (;;) {
      made++
      yield hit('x'.repeat(200))
      if (made % 100 === 0) await new Promise(setImmediate)
    }
  }
  const answer = await open(`${url}/api/v1/search?q=a`)
  answer.pause()
  // The buffers of both sides fill up; from then on nothing is made.
  for (let before = -1; before !== made; ) {
    before = made
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  assert.ok(made * 400 < 64 * 1024 * 1024, `${made} hits were made for nobody`)
  const held = made
  answer.resume()
  while (made < held + 1000) await once(answer, 'data')
  answer.destroy()
  await node.untilStreams(0)
})

test('a failure before the first event has its own status, a later one is the last event', async (t) => {
  const { url, node } = await startApi(t)
  const fail = new ShoalError('UNAVAILABLE', 'No locator answers.')
  node.found = () => ({
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(fail) }),
  })
  const early = await send(`${url}/api/v1/search?q=a`)
  assert.equal(early.status, 503)
  assert.equal(JSON.parse(early.body).detail, 'No locator answers.')
  node.found = async function* () {
    yield hit('first')
    throw fail
  }
  const late = await send(`${url}/api/v1/search?q=a`)
  assert.equal(late.status, 200)
  assert.deepEqual(lines(late.body)[1], {
    event: 'error',
    code: 'UNAVAILABLE',
    message: 'No locator answers.',
  })
  node.found = async function* () {
    yield hit('first')
    throw new TypeError('inner thing of /home/ada')
  }
  const fault = lines((await send(`${url}/api/v1/search?q=a`)).body)[1]
  assert.equal(fault!.code, 'INTERNAL')
  assert.doesNotMatch(String(fault!.message), /ada/)
})

test('sharing tells of each file and of the whole', async (t) => {
  const { url, node } = await startApi(t)
  const answer = await sendJson(`${url}/api/v1/library`, 'POST', { path: '/tmp/../tmp/docs/' })
  const [first, second, done] = lines(answer.body)
  assert.equal(first!.name, 'a.txt')
  assert.equal(second!.cid, CID_B)
  assert.deepEqual([done!.event, done!.files, done!.bytes, typeof done!.ms], ['done', 2, 10, 'number'])
  assert.deepEqual(done!.leftOut, { count: 0, examples: [] })
  const missing = await sendJson(`${url}/api/v1/library`, 'POST', { path: '/missing' })
  assert.equal(missing.status, 404)
  node.leftOut = Array.from({ length: 12 }, (_, i) => ({ path: `docs/${i}~`, reason: 'temporary name' }))
  const full = lines((await sendJson(`${url}/api/v1/library`, 'POST', { path: '/tmp/docs' })).body).at(-1)
  assert.deepEqual(full!.leftOut, { count: 12, examples: node.leftOut.slice(0, 10) })
})

test('more files than wait in the queue all come, each once', async (t) => {
  const { url, node } = await startApi(t)
  node.entries = Array.from({ length: 5000 }, (_, index) => entryOf(`${index}.txt`))
  const answer = await sendJson(`${url}/api/v1/library`, 'POST', { path: '/tmp/docs' })
  const added = lines(answer.body).slice(0, -1)
  assert.deepEqual(
    added.map(({ name }) => name),
    node.entries.map(({ name }) => name),
  )
})

test('slow work: the head goes out in time, and signs of life keep the stream readable', async (t) => {
  const clock = new ManualClock()
  const { url, node } = await startApi(t, { clock })
  const begin = Promise.withResolvers<void>()
  node.found = async function* () {
    await begin.promise
    yield hit('late')
  }
  const opening = open(`${url}/api/v1/search?q=a`)
  await node.untilStreams(1)
  await clock.advance(1000)
  const answer = await opening
  assert.equal(answer.statusCode, 200)
  await clock.advance(15_000)
  const [pulse] = await once(answer, 'data')
  assert.equal(pulse.toString(), ' ')
  begin.resolve()
  const [line] = await once(answer, 'data')
  assert.equal(JSON.parse(pulse.toString() + line.toString()).name, 'late')
})

test('a download is watched until its end', async (t) => {
  const { url } = await startApi(t)
  const states = lines((await send(`${url}/api/v1/downloads/d1/events`)).body).map(({ state }) => state)
  assert.deepEqual(states, ['running', 'done'])
  assert.equal((await send(`${url}/api/v1/downloads/nobody/events`)).status, 404)
})

test('streams have a bound', async (t) => {
  const { url, node } = await startApi(t, { streams: { maxStreams: 2 } })
  const first = await open(`${url}/api/v1/events`)
  const second = await open(`${url}/api/v1/events`)
  const refused = await send(`${url}/api/v1/search?q=a`)
  assert.equal(refused.status, 503)
  assert.equal(JSON.parse(refused.body).code, 'BUSY')
  assert.equal(node.asked.length, 0)
  first.destroy()
  second.destroy()
})
