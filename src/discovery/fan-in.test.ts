import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FanInEvent, fanIn } from './fan-in.ts'

const never = new AbortController().signal

async function* of(...items: number[]) {
  yield* items
}

function stuck(signal: AbortSignal): AsyncGenerator<number> {
  return (async function* () {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    yield* []
  })()
}

async function collect(events: AsyncIterable<FanInEvent<string, number>>) {
  const all: FanInEvent<string, number>[] = []
  for await (const event of events) all.push(event)
  return all
}

test('gives all items of all streams, each in its order, and how each ended', async () => {
  const fault = new Error('broken')
  const sources = new Map<string, () => AsyncIterable<number>>([
    ['a', () => of(1, 2)],
    [
      'b',
      async function* () {
        yield 3
        throw fault
      },
    ],
    [
      'c',
      () => {
        throw fault
      },
    ],
  ])
  const events = await collect(fanIn(sources, never))
  const of_ = (source: string) => events.filter((event) => event.source === source)
  assert.deepEqual(of_('a'), [
    { type: 'item', source: 'a', item: 1 },
    { type: 'item', source: 'a', item: 2 },
    { type: 'end', source: 'a' },
  ])
  assert.deepEqual(of_('b'), [
    { type: 'item', source: 'b', item: 3 },
    { type: 'error', source: 'b', error: fault },
  ])
  assert.deepEqual(of_('c'), [{ type: 'error', source: 'c', error: fault }])
})

test('a stream that hangs holds up no other, and an abort ends it all', async () => {
  const abort = new AbortController()
  const sources = new Map([
    ['stuck', stuck],
    ['quick', () => of(1)],
  ])
  const seen: string[] = []
  for await (const event of fanIn(sources, abort.signal)) {
    seen.push(`${event.source} ${event.type}`)
    if (event.type === 'end') abort.abort()
  }
  assert.deepEqual(seen, ['quick item', 'quick end'])
})

test('even a stream that never listens to the abort', async () => {
  const abort = new AbortController()
  const deaf = new Map([['deaf', () => stuck(never)]])
  setImmediate(() => abort.abort())
  assert.deepEqual(await collect(fanIn(deaf, abort.signal)), [])
  assert.deepEqual(await collect(fanIn(deaf, abort.signal)), [])
})

test('leaving the loop aborts the streams', async () => {
  const left = Promise.withResolvers<void>()
  const sources = new Map([
    ['a', () => of(1)],
    [
      'b',
      (signal: AbortSignal) => {
        signal.addEventListener('abort', () => left.resolve())
        return stuck(signal)
      },
    ],
  ])
  for await (const _event of fanIn(sources, never)) break
  await left.promise
})

test('leaving the loop returns the streams', async () => {
  let returned = 0
  const endless = async function* () {
    try {
      for (let i = 0; ; i++) yield i
    } finally {
      returned++
    }
  }
  const done = Promise.withResolvers<void>()
  const sources = new Map([
    ['a', endless],
    ['b', endless],
  ])
  for await (const event of fanIn(sources, never)) {
    if (event.type === 'item' && event.item > 100) break
  }
  setImmediate(done.resolve)
  await done.promise
  assert.equal(returned, 2)
})
