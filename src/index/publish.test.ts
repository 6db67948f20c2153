import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { BoundedQueue } from '../base/queue.ts'
import type { IndexOptions } from './options.ts'
import type { PublishBatch } from './publication.ts'
import { bigEntry, fileEntry, IndexWorld, NEVER, NOBODY } from './test-world.ts'

async function open(t: TestContext, options: Partial<IndexOptions> = {}): Promise<IndexWorld> {
  const world = await IndexWorld.open(options)
  t.after(() => world.close())
  return world
}

test('a replacing publication shows all of the old until it shows all of the new', async (t) => {
  const world = await open(t)
  const ann = await world.login('ann')
  await world.replace(ann, [fileEntry('thing one'), fileEntry('thing two')])
  const batches = new BoundedQueue<PublishBatch>(10)
  const acks = world.registry.publish(ann, batches, NEVER)
  batches.tryPush({ entries: [fileEntry('thing two'), fileEntry('thing three')], replace: true })
  assert.equal((await acks.next()).value?.stored, 2)
  assert.deepEqual(await world.paths('thing'), ['thing one', 'thing two'])
  batches.tryPush({ entries: [fileEntry('thing four')], revision: 'r2' })
  assert.equal((await acks.next()).value?.stored, 1)
  assert.deepEqual(await world.paths('thing'), ['thing one', 'thing two'])
  batches.close()
  assert.equal((await acks.next()).done, true)
  assert.deepEqual(await world.paths('thing'), ['thing four', 'thing three', 'thing two'])
  assert.equal(world.registry.peer(ann, NOBODY).entries, 3)
  await world.settled()
  assert.deepEqual(await world.paths('thing'), ['thing four', 'thing three', 'thing two'])
})

test('an interrupted publication changes nothing and claims nothing', async (t) => {
  const world = await open(t)
  const ann = await world.login('ann')
  await world.replace(ann, [fileEntry('thing one')], 'r1')
  for (const how of ['abort', 'leave', 'fail'] as const) {
    const batches = new BoundedQueue<PublishBatch>(10)
    const controller = new AbortController()
    const acks = world.registry.publish(ann, batches, controller.signal)
    batches.tryPush({ entries: [fileEntry(`thing ${how}`)], replace: true, revision: how })
    await acks.next()
    if (how === 'leave') await acks.return(undefined)
    else {
      const next = acks.next()
      if (how === 'abort') controller.abort(new Error('gone'))
      else batches.fail(new Error('gone'))
      await assert.rejects(next, { message: 'gone' })
    }
    await world.settled()
    assert.deepEqual(await world.paths('thing'), ['thing one'], how)
    assert.equal(await world.revision('ann'), 'r1', how)
  }
})

test('a revision is claimed only for a set that was complete and whose last change named it', async (t) => {
  const world = await open(t)
  const ann = await world.login('ann')
  const revision = () => world.revision('ann')
  assert.equal(await revision(), '')
  await world.publish(ann, { entries: [fileEntry('a')], revision: 'r0' })
  assert.equal(await revision(), '', 'additions do not make a set complete')
  await world.publish(
    ann,
    { entries: [fileEntry('a')], replace: true },
    { entries: [fileEntry('b')], revision: 'r1' },
  )
  assert.equal(await revision(), 'r1')
  await world.publish(ann, { entries: [fileEntry('c')] }, { entries: [fileEntry('d')], revision: 'r2' })
  assert.equal(await revision(), 'r2')
  await world.withdraw(ann, [fileEntry('d')], 'r3')
  assert.equal(await revision(), 'r3')
  await world.withdraw(ann, [fileEntry('c')])
  assert.equal(await revision(), '')
  await world.replace(ann, [], 'empty')
  assert.equal(await revision(), 'empty')
  assert.deepEqual(await world.paths('a'), [])
})

test('a newer replacing publication takes over; additions wait for their turn', async (t) => {
  const world = await open(t)
  const ann = await world.login('ann')
  const stuck = new BoundedQueue<PublishBatch>(10)
  const first = world.registry.publish(ann, stuck, NEVER)
  stuck.tryPush({ entries: [fileEntry('thing old')], replace: true })
  await first.next()
  const waiting = first.next()
  const addition = world.publish(ann, { entries: [fileEntry('thing added')], revision: 'r3' })
  await Promise.all([
    assert.rejects(waiting, { code: 'CONFLICT' }),
    assert.rejects(addition, { code: 'CONFLICT' }),
    world.replace(ann, [fileEntry('thing new')], 'r2'),
  ])
  assert.deepEqual(await world.paths('thing'), ['thing new'])
  const slow = new BoundedQueue<PublishBatch>(10)
  const second = world.registry.publish(ann, slow, NEVER)
  slow.tryPush({ entries: [fileEntry('thing newer')], replace: true })
  await second.next()
  const added = world.publish(ann, { entries: [fileEntry('thing added')], revision: 'r3' })
  slow.close()
  assert.equal((await second.next()).done, true)
  await added
  assert.deepEqual(await world.paths('thing'), ['thing added', 'thing newer'])
})

test('a publication that stalls is given up', async (t) => {
  const world = await open(t, { publishIdleMs: 10_000 })
  const ann = await world.login('ann')
  const batches = new BoundedQueue<PublishBatch>(1)
  const acks = world.registry.publish(ann, batches, NEVER)
  batches.tryPush({ entries: [] })
  await acks.next()
  const next = acks.next()
  const rejected = assert.rejects(next, { code: 'TIMED_OUT' })
  await world.clock.advance(10_000)
  await rejected
})

test('entries that are not valid are left out and counted; a full shelf takes no more', async (t) => {
  const world = await open(t, { maxEntriesPerPeer: 3 })
  const ann = await world.login('ann')
  const good = fileEntry('thing 1')
  const acks = await world.publish(
    ann,
    { entries: [good, { ...good, name: 'x\ny', path: 'x\ny' }, { ...good, sizeBytes: -1 }], replace: true },
    {
      entries: [good, fileEntry('thing 2'), fileEntry('thing 3'), fileEntry('thing 4'), fileEntry('thing 2')],
    },
  )
  assert.deepEqual(acks[0], { stored: 1, refused: 2, reason: 'The name has control characters.' })
  assert.deepEqual(acks[1], { stored: 4, refused: 1, reason: 'A peer may have at most 3 entries here.' })
  assert.deepEqual(await world.paths('thing'), ['thing 1', 'thing 2', 'thing 3'])
  const many = Array.from({ length: 1001 }, (_, i) => fileEntry(`f${i}`))
  await assert.rejects(world.publish(ann, { entries: many }), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(world.replace(ann, [], 'x'.repeat(65)), { code: 'INVALID_ARGUMENT' })
})

test('what one peer says of a CID never changes what another one says of it', async (t) => {
  const world = await open(t)
  const honest = bigEntry('Film.mkv')
  const [liar, ann] = [await world.login('liar'), await world.login('ann')]
  await world.replace(liar, [{ ...honest, sizeBytes: 9_999_999, sha256: 'f'.repeat(64) }])
  await world.replace(ann, [honest])
  assert.equal((await world.registry.search({ sha256: honest.sha256! }, NOBODY)).length, 1)
  await world.withdraw(liar, [honest])
  const [hit] = await world.registry.search({ cid: honest.cid }, NOBODY)
  assert.deepEqual(hit?.entry, honest)
  assert.deepEqual(
    hit?.providers.map((provider) => provider.peerId),
    [ann],
  )
  // The same peer under the same path: the later word counts.
  await world.publish(ann, { entries: [{ ...honest, sizeBytes: 6_000_000 }] })
  assert.equal((await world.registry.search({ words: 'film' }, NOBODY))[0]?.entry.sizeBytes, 6_000_000)
  assert.equal(world.registry.peer(ann, NOBODY).entries, 1)
})
