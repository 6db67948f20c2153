import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { Emitter } from '../../base/events.ts'
import { newCost } from '../locator.ts'
import { hit } from '../testing/scripted-locator.ts'
import { fileEntry } from '../testing/shared-set.ts'
import { askAll } from './ask-all.ts'
import { fewest, findHolders } from './find-holders.ts'
import { keyBytes, wordKey } from './keys.ts'
import type { LocatorDht } from './ports.ts'

const peersOf = (names: string) => [...names].map((peerId) => ({ peerId, addresses: [] }))
const idsOf = async (peers: AsyncIterable<{ peerId: string }>) => {
  let ids = ''
  for await (const { peerId } of peers) ids += peerId
  return ids
}
const newContext = () => ({ signal: new AbortController().signal, cost: newCost() })
const KEYS = ['one', 'two', 'three'].map(wordKey)

/** Look-ups that give what stands in `lists`: a letter for each provider, `!` for nobody answered, `…` for never ending. */
function setUp(lists: string[]) {
  const clock = new ManualClock()
  const totals: number[] = []
  const dht: LocatorDht = {
    ...{ size: () => 9, knownClosest: () => [], provide: async () => [], forget: () => {} },
    changes: new Emitter<void>(),
    async *providers(key, { signal }) {
      const list = lists[KEYS.findIndex((each) => Buffer.compare(keyBytes(each), key) === 0)]!
      yield* peersOf(list.replace(/[!…]/g, ''))
      if (list.includes('…')) await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return list.includes('!') ? 0 : 3
    },
  }
  const setup = { dht, clock, graceMs: 1_000, onTotal: (_: string, total: number) => totals.push(total) }
  return { setup, clock, totals, keys: KEYS.slice(0, lists.length) }
}

test('of several keys the one with the fewest providers leads, those first who provide the others, too', async () => {
  const rows: [lists: string[], asked: string][] = [
    [['abc'], 'abc'],
    [['abcd', 'dxa'], 'dax'],
    [['abcd', 'c', 'cb'], 'c'],
    [['abcd', ''], ''],
    [['abcd', '!'], 'abcd'],
  ]
  for (const [lists, asked] of rows) {
    const { setup, keys } = setUp(lists)
    assert.equal(await idsOf(findHolders(setup, keys, newContext())), asked, lists.join())
  }
  assert.deepEqual(fewest([]), [])
})

test('when nobody near any key answers, it says so', async () => {
  for (const lists of [['!'], ['!', '!']]) {
    const { setup, keys } = setUp(lists)
    await assert.rejects(idsOf(findHolders(setup, keys, newContext())), { code: 'UNAVAILABLE' })
  }
})

test('a look-up that does not end is not waited for once another has', async () => {
  const { setup, clock, keys, totals } = setUp(['ab…', 'abc'])
  const asked = idsOf(findHolders(setup, keys, newContext()))
  await clock.advance(1_001)
  assert.equal(await asked, 'abc')
  assert.deepEqual(totals, [3])
})

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

test('peers are asked some at a time, no more than may be, and failures spoil nothing', async () => {
  const context = newContext()
  let running = 0
  let most = 0
  const asked = askAll(
    each(peersOf('abcdefghij')),
    async function* ({ peerId }) {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setImmediate(resolve))
      running--
      if (peerId === 'b') throw new ShoalError('UNAVAILABLE', 'No road.')
      yield hit(fileEntry(peerId))
    },
    { atOnce: 3, most: 7 },
    context,
  )
  const names: string[] = []
  for (let next = await asked.next(); ; next = await asked.next()) {
    if (next.done) {
      assert.deepEqual(next.value, { asked: 7, failed: 1, isCut: true })
      break
    }
    names.push(next.value.entry.name)
  }
  assert.equal(names.sort().join(''), 'acdefg')
  assert.equal(most, 3)
  assert.deepEqual(context.cost.problems, ['dht: 1 of 7 peers could not be asked (No road)'])
})

test('who leaves early ends what runs', async () => {
  const ended: string[] = []
  const hits = askAll(
    each(peersOf('abcdef')),
    async function* ({ peerId }, { signal }) {
      yield hit(fileEntry(peerId))
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      ended.push(peerId)
    },
    { atOnce: 2, most: 9 },
    newContext(),
  )
  for await (const _ of hits) break
  assert.deepEqual(ended.sort(), ['a', 'b'])
})
