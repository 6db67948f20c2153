import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { Emitter } from '../../base/events.ts'
import { silentLogger } from '../../base/log.ts'
import type { NodeEvent } from '../node-port.ts'
import { BEARER, startApi } from '../testing/start-api.ts'
import { EventLog } from './event-log.ts'
import type { ServerSentEvent } from './framing.ts'

function setup(options = {}) {
  const events = new Emitter<NodeEvent>()
  const log = new EventLog(events, { run: 'r', log: silentLogger, options })
  const emit = (from: number, to: number) => {
    for (let i = from; i <= to; i++) events.emit({ type: 'library', data: { i } })
  }
  return { events, log, emit }
}

/** What a reader gets before the log is closed. */
async function readAll(log: EventLog, lastId: string | undefined, act: () => void = () => undefined) {
  const got: ServerSentEvent[] = []
  const reading = (async () => {
    for await (const event of log.read(lastId, { signal: new AbortController().signal, isOwner: true }))
      got.push(event)
  })()
  await new Promise(setImmediate)
  act()
  await new Promise(setImmediate)
  log.close()
  await reading
  return got.map(({ id, event }) => `${event} ${id}`)
}

test('a new reader gets what happens from now on', async () => {
  const { log, emit } = setup()
  emit(1, 3)
  assert.deepEqual(await readAll(log, undefined, () => emit(4, 5)), ['library r-4', 'library r-5'])
})

test('a reader that comes back misses nothing that is kept', async () => {
  const { log, emit } = setup({ kept: 5 })
  emit(1, 10)
  assert.deepEqual(await readAll(log, 'r-8', () => emit(11, 11)), [
    'library r-9',
    'library r-10',
    'library r-11',
  ])
})

test('the oldest that can be told, and one more', async () => {
  for (const [last, expected] of [
    ['r-5', ['library r-6', 'library r-7', 'library r-8', 'library r-9', 'library r-10']],
    ['r-4', ['reset r-10']],
    ['r-10', []],
    ['r-11', ['reset r-10']],
    ['other-9', ['reset r-10']],
    ['9', ['reset r-10']],
    ['r--1', ['reset r-10']],
    ['r-1e1', ['reset r-10']],
    ['', ['reset r-10']],
  ] as const) {
    const { log, emit } = setup({ kept: 5 })
    emit(1, 10)
    assert.deepEqual(await readAll(log, last), expected, last)
  }
})

test('a reader that is too slow is let go with what waits, and can come back', async () => {
  const { log, emit } = setup({ queued: 3 })
  const reader = log
    .read(undefined, { signal: new AbortController().signal, isOwner: true })
    [Symbol.asyncIterator]()
  const first = reader.next()
  emit(1, 10)
  const got = [(await first).value?.id]
  for (let next = await reader.next(); !next.done; next = await reader.next()) got.push(next.value.id)
  assert.deepEqual(got, ['r-1', 'r-2', 'r-3'])
  assert.equal((await readAll(log, got.at(-1))).length, 7)
})

test('what is no JSON, or would break the form, is not told', async () => {
  const { log, events } = setup()
  const told = await readAll(log, undefined, () => {
    events.emit({ type: 'library', data: 1n })
    events.emit({ type: 'library', data: undefined })
    events.emit({ type: 'a\ndata: x', data: {} })
    events.emit({ type: 'peer', data: 'line\nend' })
  })
  assert.deepEqual(told, ['peer r-1'])
})

test('an abort ends a reader, and nothing is left behind', async () => {
  const { log, events } = setup()
  const controller = new AbortController()
  const reader = log.read(undefined, { signal: controller.signal, isOwner: true })[Symbol.asyncIterator]()
  const next = reader.next()
  controller.abort()
  assert.equal((await next).done, true)
  assert.equal(log.getDebugState().readers, 0)
  log.close()
  assert.equal(events.listenerCount, 0)
})

async function listen(url: string, lastId?: string): Promise<IncomingMessage> {
  const headers = lastId === undefined ? {} : { 'last-event-id': lastId }
  const [answer] = (await once(get(url, { headers, agent: false }), 'response')) as [IncomingMessage]
  return answer.setEncoding('utf8')
}

test('over HTTP: ids, names, data, and going on with Last-Event-ID', async (t) => {
  const { url, node } = await startApi(t)
  const first = await listen(`${url}/api/v1/events`)
  assert.equal(first.headers['content-type'], 'text/event-stream; charset=utf-8')
  node.events.emit({ type: 'library', data: { added: 1 } })
  const [text] = await once(first, 'data')
  const [, id, rest] = /^id: (\S+)\n(.*)$/s.exec(text)!
  assert.equal(rest, 'event: library\ndata: {"added":1}\n\n')
  first.destroy()
  node.events.emit({ type: 'peer', data: { peerId: 'x' } })
  const second = await listen(`${url}/api/v1/events`, id)
  const [missed] = await once(second, 'data')
  assert.match(missed, /event: peer\ndata: \{"peerId":"x"\}/)
  second.destroy()
  const stranger = await listen(`${url}/api/v1/events`, 'another-run-7')
  const [reset] = await once(stranger, 'data')
  assert.match(reset, /event: reset\ndata: \{\}\n\n$/)
  stranger.destroy()
})

test('what the owner waits for is told to nobody else', async (t) => {
  const { node, api } = await startApi(t)
  const hear = (headers: Record<string, string>) =>
    new Promise<IncomingMessage>((resolve) => get(`${api.url}/api/v1/events`, { headers }, resolve))
  const told = async (answer: IncomingMessage) => {
    let text = ''
    for await (const chunk of answer) {
      text += chunk
      if (text.includes('event: library')) break
    }
    return text
  }
  const [stranger, owner] = [await hear({}), await hear(BEARER)]
  node.events.emit({ type: 'wish', data: { words: 'a surprise' } })
  node.events.emit({ type: 'library', data: {} })
  const [others, own] = await Promise.all([told(stranger), told(owner)])
  assert.doesNotMatch(others, /wish|surprise/)
  assert.match(own, /surprise/)
  const [, run] = /id: (\S+)-\d+/.exec(others)!
  const missed = await hear({ 'last-event-id': `${run}-0` })
  assert.doesNotMatch(await told(missed), /surprise/)
  for (const answer of [stranger, owner, missed]) answer.destroy()
})
