import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WISH_BOUNDS } from '../../api/views/wish-view.ts'
import { ShoalError } from '../../base/errors.ts'
import { files, MINUTE, newWorld } from './testing/world.ts'

const signal = new AbortController().signal
const cids = (list: readonly { cid: string }[]) => list.map(({ cid }) => cid)

test('what is there at the first search is listed; what comes later is told once, until it is seen', async (t) => {
  const world = newWorld(t)
  const { wishes, clock } = world
  world.answer = files('old')
  const { view, created } = wishes.add('Old maps', {})
  assert.deepEqual([created, view.fetch, view.hits, view.lastSearchedMs], [true, false, [], undefined])
  assert.deepEqual([wishes.add('old  MAPS!', {}).created, wishes.list().length], [false, 1])
  await clock.advance(29_000)
  assert.deepEqual(world.searched, [], 'the node does not know its peers yet')
  await clock.advance(2000)
  assert.deepEqual(
    world.searched.map(({ words }) => words),
    ['Old maps'],
  )
  world.answer = files('old', 'new', 'mine')
  world.shared.add('mine')
  await clock.advance(12 * MINUTE)
  assert.equal(world.searched.length, 2)
  const hit = { cid: 'new', name: 'new', size: 5, kind: 'file', providers: 1 }
  assert.deepEqual(world.told, [{ id: view.id, words: 'Old maps', hit }])
  const now = wishes.get(view.id)!
  assert.deepEqual(
    now.hits.map(({ cid, isNew }) => [cid, isNew]),
    [
      ['mine', false],
      ['new', true],
      ['old', false],
    ],
  )
  assert.equal(now.newHits, 1)
  assert.ok(now.nextSearchMs! > clock.now() && now.lastSearchedMs! < clock.now())
  assert.equal(wishes.change(view.id, { seen: true }).newHits, 0)
  await clock.advance(60 * MINUTE)
  assert.equal(world.told.length, 1)
  assert.deepEqual(world.started, [], 'it was not asked to fetch')
})

test('as many wishes as there may be: one search in 10 s, each wish in its turn, also after a restart', async (t) => {
  const world = newWorld(t)
  for (let i = 0; i < WISH_BOUNDS.maxWishes; i++) world.wishes.add(`word${i}`, {})
  assert.throws(() => world.wishes.add('one more', {}), { code: 'CONFLICT' })
  assert.equal(world.wishes.add('word1', {}).created, false)
  await world.clock.advance(40 * MINUTE)
  await world.restart()
  await world.clock.advance(40 * MINUTE)
  const { searched } = world
  for (let i = 1; i < searched.length; i++)
    assert.ok(searched[i]!.atMs - searched[i - 1]!.atMs >= 10_000, `search ${i}`)
  const counts = Map.groupBy(searched, ({ words }) => words)
  assert.equal(counts.size, WISH_BOUNDS.maxWishes)
  for (const [words, list] of counts)
    assert.ok(list.length >= 3 && list.length <= 7, `${words} ${list.length}`)
})

test('a shorter interval holds at once', async (t) => {
  const world = newWorld(t)
  world.wishes.add('a', {})
  await world.clock.advance(MINUTE)
  assert.equal(world.searched.length, 1)
  world.settings = { ...world.settings, intervalMs: 60_000 }
  world.wishes.changed()
  await world.clock.advance(10 * MINUTE)
  assert.ok(world.searched.length >= 9, String(world.searched.length))
})

test('without peers nothing is searched for, and a node that was alone knows that all is new', async (t) => {
  const world = newWorld(t)
  const { clock, wishes } = world
  world.hasPeers = false
  world.answer = files('x')
  const { id, nextSearchMs } = wishes.add('a', {}).view
  assert.equal(nextSearchMs, undefined)
  await assert.rejects(wishes.search(id, signal), { code: 'UNAVAILABLE', message: /no peer/ })
  await clock.advance(20 * MINUTE)
  assert.deepEqual(world.searched, [])
  world.hasPeers = true
  await clock.advance(6000)
  assert.equal(world.searched.length, 1)
  assert.deepEqual(wishes.get(id)!.newHits, 1)
  assert.equal(world.told.length, 1)
})

test('what nobody answers is no search: it is tried again, ever more seldom', async (t) => {
  const world = newWorld(t)
  const { clock, wishes } = world
  world.answer = async () => {
    throw new ShoalError('UNAVAILABLE', 'Down.')
  }
  const { id } = wishes.add('a', {}).view
  await clock.advance(5 * 60 * MINUTE)
  const times = world.searched.map(({ atMs }) => atMs)
  const waits = times.slice(1).map((atMs, i) => atMs - times[i]!)
  assert.ok(waits.length >= 5 && waits.length <= 8, String(waits))
  for (const [i, wait] of waits.entries())
    assert.ok(wait >= Math.min(600_000 * 2 ** i, 3_600_000) && wait <= 1.1 * 3_600_000, String(waits))
  assert.equal(wishes.get(id)!.lastSearchedMs, undefined)
  world.answer = files('x')
  await clock.advance(66 * MINUTE)
  assert.deepEqual(
    [wishes.get(id)!.newHits, wishes.get(id)!.hits.length],
    [0, 1],
    'the first that was answered',
  )
})

test('a search at once: joined, refused a moment later, and failing with its reason', async (t) => {
  const world = newWorld(t)
  const { clock, wishes } = world
  const [a, b] = [wishes.add('a', {}).view.id, wishes.add('b', {}).view.id]
  await assert.rejects(wishes.search('none', signal), { code: 'NOT_FOUND' })
  const { promise, resolve } = Promise.withResolvers<void>()
  world.answer = async (...given) => {
    await promise
    return files('x')(...given)
  }
  const first = wishes.search(a, signal)
  const joined = wishes.search(a, signal)
  const left = new AbortController()
  const leaving = wishes.search(a, left.signal)
  left.abort(new ShoalError('CANCELLED'))
  await assert.rejects(leaving, { code: 'CANCELLED' })
  await assert.rejects(wishes.search(b, signal), { code: 'RATE_LIMITED' })
  resolve()
  assert.deepEqual(cids((await first).hits), ['x'])
  assert.deepEqual(cids((await joined).hits), ['x'])
  assert.equal(world.searched.length, 1)
  await assert.rejects(wishes.search(a, signal), { code: 'RATE_LIMITED', details: { retryAfterMs: 10_000 } })
  await clock.advance(10_000)
  world.answer = async () => {
    throw new ShoalError('UNAVAILABLE', 'Down.')
  }
  await assert.rejects(wishes.search(b, signal), { code: 'UNAVAILABLE', message: /Down/ })
})

test('a wish that is removed, and a node that stops, while it is searched for', async (t) => {
  const world = newWorld(t)
  const { wishes } = world
  const { id } = wishes.add('a', { fetch: true }).view
  let release = Promise.withResolvers<void>()
  world.answer = async (words, given) => {
    await Promise.race([release.promise, new Promise((_, reject) => given.addEventListener('abort', reject))])
    return files('x')(words, given)
  }
  world.store.setBaseline(id)
  const search = wishes.search(id, signal)
  wishes.remove(id)
  release.resolve()
  await assert.rejects(search, { code: 'NOT_FOUND' })
  assert.deepEqual([world.told, world.started], [[], []])
  assert.throws(() => wishes.remove(id), { code: 'NOT_FOUND' })
  assert.throws(() => wishes.change(id, { seen: true }), { code: 'NOT_FOUND' })
  await world.clock.advance(10_000)
  release = Promise.withResolvers()
  const other = wishes.add('b', {}).view.id
  const cut = assert.rejects(wishes.search(other, signal), { code: 'CANCELLED' })
  await wishes.stop()
  await cut
  assert.equal(world.store.get(other)?.lastSearchedMs, undefined)
})

test('of a flood of hits few are told, and all are listed', async (t) => {
  const world = newWorld(t)
  const { id } = world.wishes.add('a', {}).view
  world.store.setBaseline(id)
  world.answer = files(...Array.from({ length: 500 }, (_, i) => `x${i}`))
  const view = await world.wishes.search(id, signal)
  assert.deepEqual([world.told.length, view.newHits, view.hits.length], [20, 500, WISH_BOUNDS.hitsShown])
})
