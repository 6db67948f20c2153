import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ShoalError } from '../base/errors.ts'
import type { SearchDone, SearchEvent, SearchHit } from './compound.ts'
import type { LocatorName } from './locator.ts'
import { hit, peer, scriptedCompound as setUp, untilAborted } from './testing/scripted-locator.ts'
import { fileEntry } from './testing/shared-set.ts'

const hitsOf = (events: SearchEvent[]) => events.filter((event): event is SearchHit => event.type === 'hit')
const doneOf = (events: SearchEvent[]) => events.at(-1) as SearchDone
const words = (limit = 100) => ({ words: 'x', limit })

describe('a search', () => {
  test('gives what all find, merged by CID, and says what each did', async () => {
    const [a, b, c] = [fileEntry('a'), fileEntry('b'), fileEntry('c')]
    const { compound, index, zone } = setUp([a])
    index.search_ = async function* ({ cost }) {
      Object.assign(cost, { messages: 2, bytes: 300, asked: 2, firstHitHops: 1, stopped: 'partial' })
      cost.problems.push('index h:1: connection refused')
      yield hit(a, peer('A', 'h:1'))
      yield hit(b, peer('B'))
      yield hit(b, peer('B'))
    }
    zone.search_ = async function* ({ cost }) {
      Object.assign(cost, { messages: 5, bytes: 70, asked: 1 })
      yield hit(b, peer('C'))
      yield hit(c, peer('C'))
    }
    const events = await Array.fromAsync(compound.search(words()))
    const last = new Map(hitsOf(events).map((event) => [event.entry.cid, event]))
    assert.deepEqual(last.get(a.cid), {
      ...{ type: 'hit', entry: a, providers: [peer('A', 'h:1')], via: ['library', 'index'] },
    })
    assert.deepEqual(
      last
        .get(b.cid)!
        .providers.map(({ peerId }) => peerId)
        .toSorted(),
      ['B', 'C'],
    )
    assert.deepEqual(last.get(b.cid)!.via.toSorted(), ['index', 'zone'])
    assert.deepEqual(last.get(c.cid)!.via, ['zone'])
    const { hits, reason, via } = doneOf(events)
    assert.deepEqual([hits, reason], [3, 'complete'])
    const free = { messages: 0, ms: 0, asked: 0, bytes: 0 }
    assert.deepEqual(via.library, { hits: 1, ...free, firstHitHops: 0, stopped: 'complete' })
    assert.deepEqual(via.index, {
      ...{ hits: 2, messages: 2, ms: 0, asked: 2, bytes: 300, firstHitHops: 1, stopped: 'partial' },
      problems: ['index h:1: connection refused'],
    })
    assert.deepEqual(via.zone, { hits: 2, messages: 5, ms: 0, asked: 1, bytes: 70, stopped: 'complete' })
  })

  test('streams: a hit is there before slower locators have answered', async () => {
    const { compound, index, zone } = setUp()
    const gate = Promise.withResolvers<void>()
    index.search_ = async function* () {
      yield hit(fileEntry('quick'), peer('A'))
    }
    zone.search_ = async function* () {
      await gate.promise
      yield hit(fileEntry('slow'), peer('B'))
    }
    const names: string[] = []
    for await (const event of compound.search(words())) {
      if (event.type !== 'hit') continue
      names.push(event.entry.name)
      gate.resolve()
    }
    assert.deepEqual(names, ['quick', 'slow'])
  })

  test('a locator that fails is reported and disturbs no other', async () => {
    const { compound, index, zone } = setUp()
    index.search_ = () => {
      throw new ShoalError('UNAVAILABLE', 'No index server answered.')
    }
    zone.search_ = async function* () {
      yield hit(fileEntry('a'), peer('A'))
    }
    const done = doneOf(await Array.fromAsync(compound.search(words())))
    assert.deepEqual([done.hits, done.reason], [1, 'complete'])
    assert.deepEqual(done.via.index?.error, { code: 'UNAVAILABLE', message: 'No index server answered.' })
    assert.equal(done.via.index?.stopped, undefined)
    assert.deepEqual([done.via.zone?.error, done.via.zone?.stopped], [undefined, 'complete'])
  })

  test('stops at the limit, and upstream stops too', async () => {
    const { compound, index, zone } = setUp()
    index.search_ = async function* () {
      for (let i = 0; ; i++) yield hit(fileEntry(`f${i}`), peer('A'))
    }
    zone.search_ = async function* ({ signal }) {
      await untilAborted(signal)
      yield* []
    }
    const events = await Array.fromAsync(compound.search(words(7)))
    assert.equal(hitsOf(events).length, 7)
    assert.deepEqual([doneOf(events).hits, doneOf(events).reason], [7, 'limit'])
    assert.deepEqual([index.aborts, zone.aborts], [1, 1])
    assert.deepEqual(
      [doneOf(events).via.index?.stopped, doneOf(events).via.zone?.stopped],
      ['limit', 'limit'],
    )
  })

  test('at the limit the others tell what they have cost, if they know it soon', async () => {
    const { compound, clock, index, zone } = setUp()
    const full = async () => Array.fromAsync(compound.search(words(1)))
    index.search_ = async function* () {
      yield hit(fileEntry('a'), peer('A'))
    }
    zone.search_ = async function* ({ signal, cost }) {
      await untilAborted(signal)
      await new Promise((resolve) => setImmediate(resolve))
      cost.messages = 5
      yield* []
    }
    const { reason, ms, via } = doneOf(await full())
    assert.deepEqual([reason, ms, via.zone?.messages, via.zone?.stopped], ['limit', 0, 5, 'limit'])
    zone.search_ = async function* () {
      await new Promise(() => {})
      yield* []
    }
    const searching = full()
    await new Promise((resolve) => setImmediate(resolve))
    clock.advance(1500)
    const late = doneOf(await searching)
    assert.deepEqual([late.reason, late.ms, late.via.zone?.messages], ['limit', 0, 0])
  })

  test('one CID does not end the search for that CID: more providers may follow', async () => {
    const { compound, index, zone } = setUp()
    const { cid, ...rest } = fileEntry('a')
    index.search_ = async function* () {
      yield hit({ cid, ...rest }, peer('A'))
    }
    zone.search_ = async function* () {
      await new Promise((resolve) => setImmediate(resolve))
      yield hit({ cid, ...rest }, peer('B'))
    }
    const events = await Array.fromAsync(compound.search({ cid, limit: 1 }))
    assert.deepEqual(hitsOf(events).at(-1)!.providers, [peer('A'), peer('B')])
    assert.equal(doneOf(events).reason, 'complete')
  })

  test('own files leave half of the places to the others, and take them when nobody does', async () => {
    const own = Array.from({ length: 10 }, (_, i) => fileEntry(`own${i}`))
    const { compound, index } = setUp(own)
    assert.equal(doneOf(await Array.fromAsync(compound.search(words(10)))).hits, 10)
    index.search_ = async function* () {
      for (let i = 0; i < 10; i++) yield hit(fileEntry(`far${i}`), peer('A'))
    }
    const { hits, via } = doneOf(await Array.fromAsync(compound.search(words(10))))
    assert.deepEqual([hits, via.library?.hits, via.index?.hits], [10, 5, 5])
  })

  test('ends at the deadline with what came, and says who was late', async () => {
    const { compound, index, zone, clock } = setUp()
    index.search_ = async function* ({ signal }) {
      yield hit(fileEntry('a'), peer('A'))
      await untilAborted(signal)
    }
    zone.search_ = async function* () {}
    const events = Array.fromAsync(compound.search(words(), { timeoutMs: 500 }))
    await clock.advance(499)
    assert.equal(index.aborts, 0)
    await clock.advance(1)
    const done = doneOf(await events)
    assert.deepEqual([done.hits, done.reason, done.ms], [1, 'timeout', 500])
    assert.deepEqual(done.via.index?.error, {
      ...{ code: 'TIMED_OUT', message: 'No complete answer within 500 ms.' },
    })
    assert.deepEqual([done.via.index?.stopped, done.via.zone?.stopped], ['timeout', 'complete'])
    assert.equal(done.via.zone?.error, undefined)
    assert.equal(index.aborts, 1)
  })

  test('is cancelled by the signal, with a last event', async () => {
    const { compound, index } = setUp()
    const abort = new AbortController()
    index.search_ = async function* ({ signal }) {
      abort.abort()
      await untilAborted(signal)
      yield* []
    }
    const done = doneOf(await Array.fromAsync(compound.search(words(), { signal: abort.signal })))
    assert.deepEqual([done.hits, done.reason, done.via.index?.error], [0, 'cancelled', undefined])
    assert.equal(done.via.index?.stopped, 'cancelled')
    assert.equal(index.aborts, 1)
  })

  test('ends upstream when the reader leaves, even while a read is pending', async () => {
    const { compound, index } = setUp()
    index.search_ = async function* ({ signal }) {
      yield hit(fileEntry('a'), peer('A'))
      await untilAborted(signal)
    }
    for await (const _event of compound.search(words())) break
    assert.equal(index.aborts, 1)
    const iterator = compound.search(words())[Symbol.asyncIterator]()
    await iterator.next()
    const pending = iterator.next()
    await iterator.return!()
    assert.equal(index.aborts, 2)
    assert.equal(((await pending).value as SearchEvent).type, 'done')
    assert.deepEqual(await iterator.next(), { value: undefined, done: true })
  })

  test('asks only what `via` names', async () => {
    const { compound, zone } = setUp([fileEntry('own')])
    zone.search_ = () => assert.fail('not asked for')
    const done = doneOf(await Array.fromAsync(compound.search(words(), { via: ['index'] })))
    assert.deepEqual(Object.keys(done.via), ['index'])
    const own = doneOf(await Array.fromAsync(compound.search(words(), { via: ['library'] })))
    assert.deepEqual([Object.keys(own.via), own.hits], [['library'], 1])
  })

  test('of a locator that is not enabled is refused at once, naming those that are', () => {
    const { compound } = setUp()
    const search = (via: string) => () => compound.search(words(), { via: [via as LocatorName] })
    assert.throws(search('dht'), {
      ...{ code: 'INVALID_ARGUMENT', message: 'Not enabled here: dht. Enabled locators: index, zone.' },
    })
    assert.throws(search('nonsense'), { code: 'INVALID_ARGUMENT' })
    assert.throws(() => compound.search({ limit: 5 }), { code: 'INVALID_ARGUMENT' })
  })
})
