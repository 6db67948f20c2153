import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { entryOf, viewOf } from '../../api/testing/fake-node.ts'
import { ShoalError } from '../../base/errors.ts'
import { files, MINUTE, newWorld } from './testing/world.ts'

const signal = new AbortController().signal

/** A wish that fetches whatever is found. */
function fetching(t: TestContext) {
  const world = newWorld(t)
  const { id } = world.wishes.add('a', { fetch: true }).view
  world.store.setBaseline(id)
  const outcome = () =>
    Object.fromEntries(world.wishes.get(id)!.hits.map((hit) => [hit.cid, hit.heldBack ?? hit.downloadId]))
  return { world, id, outcome }
}

test('news is fetched with low priority; what was there before, and what is shared here, is not', async (t) => {
  const world = newWorld(t)
  const { wishes, clock } = world
  const { id } = wishes.add('a', { fetch: true }).view
  world.answer = files('old')
  await wishes.search(id, signal)
  await clock.advance(10_000)
  world.shared.add('mine')
  world.answer = files('old', 'new', 'mine')
  const { hits } = await wishes.search(id, signal)
  assert.deepEqual(world.started, [{ cid: 'new', name: 'new', priority: 'low' }])
  assert.equal(hits.find(({ cid }) => cid === 'new')?.downloadId, 'd-new')
  await clock.advance(20 * MINUTE)
  assert.equal(world.started.length, 1, 'once')
})

test('only while it is asked to', async (t) => {
  const { world, id } = fetching(t)
  world.wishes.change(id, { fetch: false })
  world.answer = files('x')
  await world.wishes.search(id, signal)
  assert.deepEqual(world.started, [])
  assert.equal(world.wishes.add('A', { fetch: true }).view.fetch, true)
})

test('at most so many a day, over all wishes and restarts, and of the size that is allowed', async (t) => {
  const { world, id, outcome } = fetching(t)
  world.settings = { ...world.settings, maxFetches: 2 }
  world.answer = async () => [
    { ...entryOf('big', 'big'), sizeBytes: 1001 },
    ...(await files('a', 'b', 'c')('', signal)),
  ]
  await world.wishes.search(id, signal)
  assert.deepEqual(outcome(), { big: 'size', a: 'd-a', b: 'd-b', c: 'daily-limit' })
  await world.restart()
  const other = world.wishes.add('other', { fetch: true }).view.id
  world.store.setBaseline(other)
  world.wishes.remove(id)
  await world.clock.advance(10_000)
  world.answer = files('d')
  assert.equal((await world.wishes.search(other, signal)).hits[0]?.heldBack, 'daily-limit')
  await world.clock.advance(24 * 60 * MINUTE)
  world.answer = files('e')
  await world.wishes.search(other, signal)
  assert.deepEqual(
    world.started.map(({ cid }) => cid),
    ['a', 'b', 'e'],
  )
})

test('what a limit held back is fetched once there is room, as long as somebody has it', async (t) => {
  const { world, id, outcome } = fetching(t)
  world.settings = { ...world.settings, maxFetches: 1 }
  world.answer = async () => [
    ...(await files('a', 'b', 'c', 'mine')('', signal)),
    { ...entryOf('big', 'big'), sizeBytes: 1001 },
  ]
  await world.wishes.search(id, signal)
  const held = { b: 'daily-limit', c: 'daily-limit', mine: 'daily-limit', big: 'size' }
  assert.deepEqual(outcome(), { a: 'd-a', ...held })
  await world.clock.advance(12 * 60 * MINUTE)
  assert.deepEqual(outcome(), { a: 'd-a', ...held }, 'it was looked for again, and the day is not over')
  world.shared.add('mine')
  world.settings = { ...world.settings, maxFetches: 2 }
  await world.clock.advance(24 * 60 * MINUTE)
  assert.deepEqual(outcome(), { ...held, a: 'd-a', b: 'd-b', c: 'd-c' })
  world.settings = { ...world.settings, maxFetches: 9, maxBytes: 2000 }
  await world.clock.advance(60 * MINUTE)
  assert.deepEqual(outcome(), { ...held, a: 'd-a', b: 'd-b', c: 'd-c', big: 'd-big' })
  assert.equal(world.started.length, 4, 'each once')
})

test('what is larger than it was said to be is given up, also after a restart', async (t) => {
  const { world, id, outcome } = fetching(t)
  world.answer = files('liar', 'honest', 'slow liar')
  await world.wishes.search(id, signal)
  const grow = (cid: string, sizeBytes: number) => {
    const view = { ...world.downloads.get(`d-${cid}`)!, state: 'running' as const, sizeBytes }
    world.downloads.set(view.id, view)
    world.changes.emit(view)
  }
  grow('honest', 1000)
  grow('liar', 1001)
  assert.deepEqual(world.cancelled, ['d-liar'])
  await world.restart()
  grow('slow liar', 5000)
  assert.deepEqual(world.cancelled, ['d-liar', 'd-slow liar'])
  assert.deepEqual(outcome(), { liar: 'size', honest: 'd-honest', 'slow liar': 'size' })
  world.settings = { ...world.settings, maxBytes: 0 }
  grow('honest', 1e12)
  assert.equal(world.cancelled.length, 2)
})

test('a download of the user’s is joined: it is not changed, counted or ended', async (t) => {
  const { world, id, outcome } = fetching(t)
  world.settings = { ...world.settings, maxFetches: 1 }
  world.downloads.set('own', { ...viewOf('own'), cid: 'x' })
  world.downloads.set('gone', { ...viewOf('gone', 'cancelled'), cid: 'y' })
  world.answer = files('x', 'y')
  await world.wishes.search(id, signal)
  assert.deepEqual(outcome(), { x: 'own', y: 'd-y' })
  world.changes.emit({ ...viewOf('own'), cid: 'x', sizeBytes: 1e9 })
  assert.deepEqual(world.cancelled, [])
  assert.equal(world.store.fetchesSince(0), 1)
})

test('what cannot start is told and does not count', async (t) => {
  const { world, id, outcome } = fetching(t)
  world.failure = new ShoalError('BUSY', 'The list is full.')
  world.answer = files('x')
  await world.wishes.search(id, signal)
  assert.deepEqual(outcome(), { x: 'failed' })
  assert.equal(world.store.fetchesSince(0), 0)
})
