import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { BLOCK_SIZE } from '../content/cid.ts'
import { content, countBlocks, TestWorld, twistBlocks } from './testing/world.ts'

const world = new TestWorld()
after(() => world.close())

/** As long as a name may be: `.part` finds no room behind it. */
const LONGEST = `${'n'.repeat(251)}.bin`

/** Two blocks in flight at each source: every source has to do its part, however fast the first one is. */
const narrow = { initialWindowBytes: 2 * BLOCK_SIZE, maxWindowBytes: 2 * BLOCK_SIZE }

test('what others made is never overwritten', async () => {
  const peer = await world.peer('taken')
  const bytes = content(2 * BLOCK_SIZE, 11)
  const { cid } = await peer.share('f', bytes)
  const fetcher = await world.fetcher('taken-to', { providers: [peer.provider] })
  const folder = join(fetcher.folder, 'downloads')
  mkdirSync(folder)
  writeFileSync(join(folder, 'a.bin'), 'mine')
  writeFileSync(join(folder, 'a.bin.part'), 'mine too')
  const view = await fetcher.end((await fetcher.downloads.add({ cid, name: 'a.bin' })).id)
  assert.equal(view.path, join(folder, 'a (1).bin'))
  assert.deepEqual(readFileSync(view.path), Buffer.from(bytes))
  assert.equal(readFileSync(join(folder, 'a.bin'), 'utf8'), 'mine')
  assert.equal(readFileSync(join(folder, 'a.bin.part'), 'utf8'), 'mine too')
  assert.equal(readdirSync(folder).length, 3)
})

test('awkward names become safe ones, in the wanted place', async () => {
  const peer = await world.peer('awkward')
  const { cid } = await peer.share('f', content(100, 12))
  const fetcher = await world.fetcher('awkward-to', { providers: [peer.provider] })
  const names: Record<string, string> = {
    "Été 数据 (final) 'v2' #1?.bin":
      process.platform === 'win32' ? "Été 数据 (final) 'v2' #1_.bin" : "Été 数据 (final) 'v2' #1?.bin",
    [LONGEST]: LONGEST,
    '../../etc/passwd': '.._.._etc_passwd',
    'a\u202egpj.exe': 'agpj.exe',
    CON: '_CON',
  }
  for (const [name, safe] of Object.entries(names)) {
    const view = await fetcher.end((await fetcher.downloads.add({ cid, name })).id)
    assert.equal(view.path, join(fetcher.folder, 'downloads', safe))
    assert.ok(existsSync(view.path))
  }
  mkdirSync(join(fetcher.folder, 'there'))
  const into = await fetcher.downloads.add({ cid, name: 'x', out: join(fetcher.folder, 'there') })
  assert.equal((await fetcher.end(into.id)).path, join(fetcher.folder, 'there', 'x'))
  const as = await fetcher.downloads.add({ cid, name: 'x', out: join(fetcher.folder, 'new', 'y') })
  assert.equal((await fetcher.end(as.id)).path, join(fetcher.folder, 'new', 'y'))
  await assert.rejects(fetcher.downloads.add({ cid, out: 'relative' }), { code: 'INVALID_ARGUMENT' })
})

test('one download runs, the other waits; pause, resume and cancel', async () => {
  const sent: number[] = []
  const gate = Promise.withResolvers<void>()
  const peer = await world.peer('gated', {
    twist: (service) =>
      twistBlocks(async function* (message) {
        if (message.response?.case === 'block' && sent.length > 6) await gate.promise
        yield message
      })(countBlocks(sent)(service)),
  })
  const bytes = content(12 * BLOCK_SIZE, 13)
  const { cid } = await peer.share('f', bytes)
  const other = await peer.share('g', content(2 * BLOCK_SIZE, 14))
  const fetcher = await world.fetcher('gated-to', {
    providers: [peer.provider],
    options: { ...narrow, maxActive: 1 },
  })
  const { downloads } = fetcher
  const { id } = await downloads.add({ cid })
  assert.equal((await downloads.add({ cid })).id, id, 'the same wish is the same download')
  const second = await downloads.add({ cid: other.cid })
  assert.equal(second.state, 'queued')
  const part = `${(await fetcher.until(id, (view) => view.doneBytes >= 3 * BLOCK_SIZE)).path}.part`
  assert.ok(existsSync(part))
  const paused = await downloads.pause(id)
  assert.equal(paused.state, 'paused')
  const map = downloads.blocks(id, 99)
  assert.deepEqual([map.blocks, map.cells, new Set(map.inFlight)], [12, 12, new Set([0])])
  assert.equal(map.have.filter((have) => have === 100).length * BLOCK_SIZE, downloads.get(id)!.doneBytes)
  assert.deepEqual(
    map.from,
    map.have.map((have) => (have === 100 ? 0 : -1)),
  )
  assert.deepEqual(
    map.sources.map(({ peerId }) => peerId),
    [peer.provider.peerId],
  )
  assert.deepEqual(await downloads.pause(id), paused, 'again: as it is')
  gate.resolve()
  assert.equal((await fetcher.end(second.id)).state, 'done')
  const kept = downloads.get(id)!.doneBytes
  assert.ok(kept >= 3 * BLOCK_SIZE)
  sent.length = 0
  await downloads.resume(id)
  assert.notEqual((await downloads.resume(id)).state, 'paused', 'again: it goes on')
  const view = await fetcher.end(id)
  assert.equal(view.state, 'done', view.error?.message)
  assert.equal(sent.length, (bytes.length - kept) / BLOCK_SIZE, 'nothing twice')
  assert.ok(!existsSync(part))
  assert.deepEqual(downloads.blocks(id, 3).have, [100, 100, 100])
  assert.deepEqual(view.activeSources, [])

  const third = await downloads.add({ cid, name: 'again' })
  await downloads.pause(third.id)
  const cancelled = await downloads.cancel(third.id)
  assert.equal(cancelled.state, 'cancelled')
  assert.deepEqual(await downloads.cancel(third.id), cancelled, 'again: as it is')
  await assert.rejects(downloads.resume(third.id), { code: 'CONFLICT' })
  await assert.rejects(downloads.pause(third.id), { code: 'CONFLICT' })
  assert.ok(!existsSync(`${cancelled.path}.part`))
  assert.deepEqual(downloads.blocks(third.id, 3).have, [], 'its size was never known')
  await downloads.remove(third.id)
  assert.equal(downloads.get(third.id), undefined)
  assert.throws(() => downloads.blocks(third.id, 3), { code: 'NOT_FOUND' })
  assert.equal(await downloads.clear(['failed', 'cancelled']), 0)
  const waiting = await downloads.add({ cid, name: 'kept' })
  await downloads.pause(waiting.id)
  assert.equal(await downloads.clear(['done', 'paused']), 2)
  assert.deepEqual(
    downloads.list().map((each) => each.id),
    [waiting.id],
  )
  assert.ok(existsSync(view.path))
})

test('what waits starts by priority, and changes its place when that changes; nothing that runs is interrupted', async () => {
  const gate = Promise.withResolvers<void>()
  const peer = await world.peer('queued', {
    twist: twistBlocks(async function* (message) {
      if (message.response?.case === 'block') await gate.promise
      yield message
    }),
  })
  const files = await Promise.all(
    ['a', 'b', 'c', 'd'].map((name, i) => peer.share(name, content(BLOCK_SIZE + i, 40 + i))),
  )
  const fetcher = await world.fetcher('queued-to', {
    providers: [peer.provider],
    options: { maxActive: 1 },
  })
  const { downloads } = fetcher
  const ended: string[] = []
  downloads.changes.on(({ id, state }) => state === 'done' && !ended.includes(id) && ended.push(id))
  const add = async (i: number, more = {}) => (await downloads.add({ cid: files[i]!.cid, ...more })).id
  const first = await add(0, { priority: 'low' })
  const [b, c] = [await add(1), await add(2, { priority: 'low', sequential: true })]
  const d = await add(3)
  const positions = () => [b, c, d].map((id) => downloads.get(id)!.queuePosition)
  assert.deepEqual(positions(), [1, 3, 2])
  assert.deepEqual(
    downloads.list().map(({ queuePosition }) => queuePosition),
    [2, 3, 1, undefined],
  )
  const moved = fetcher.until(b, ({ queuePosition }) => queuePosition === 2)
  assert.equal(downloads.change(d, { priority: 'high' }).queuePosition, 1)
  assert.deepEqual(positions(), [2, 3, 1])
  assert.equal((await moved).state, 'queued', 'who watches is told of a new place')
  assert.deepEqual([downloads.get(c)!.priority, downloads.get(c)!.sequential], ['low', true])
  await fetcher.until(first, ({ state }) => state === 'running')
  assert.equal(downloads.get(first)!.queuePosition, undefined)
  assert.equal(await add(1, { priority: 'high' }), b, 'asked for again, with another priority')
  assert.deepEqual(positions(), [1, 3, 2], 'by arrival where priorities are the same')
  downloads.change(c, { sequential: false })
  assert.equal(downloads.get(c)!.sequential, false)
  await downloads.pause(b)
  assert.deepEqual(positions(), [undefined, 2, 1])
  await downloads.resume(b)
  assert.deepEqual(positions(), [1, 3, 2])
  gate.resolve()
  for (const id of [first, b, c, d]) assert.equal((await fetcher.end(id)).state, 'done')
  assert.deepEqual(ended, [first, b, d, c])
  assert.throws(() => downloads.change(b, { priority: 'low' }), { code: 'CONFLICT' })
  assert.throws(() => downloads.change('nobody', { priority: 'low' }), { code: 'NOT_FOUND' })
})

test('two downloads share the one slot of a peer by turns', async () => {
  const peer = await world.peer('one slot', { serve: { slots: 1, rotateBytes: BLOCK_SIZE, idleSlotMs: 50 } })
  const bytes = content(10 * BLOCK_SIZE, 16)
  const { cid } = await peer.share('f', bytes)
  const views = await Promise.all(
    ['left', 'right'].map(async (name) => {
      const fetcher = await world.fetcher(`turns ${name}`, { providers: [peer.provider], options: narrow })
      return fetcher.end((await fetcher.downloads.add({ cid })).id)
    }),
  )
  for (const view of views) {
    assert.equal(view.state, 'done', view.error?.message)
    assert.deepEqual(readFileSync(view.path), Buffer.from(bytes))
    assert.deepEqual(view.dropped, [])
  }
})

test('priority, order and the queue are the same after a restart', async () => {
  const peer = await world.peer('restarted')
  const cids = await Promise.all(
    [50, 51].map(async (seed) => (await peer.share(`${seed}`, content(9, seed))).cid),
  )
  const options = { maxActive: 0 }
  const first = await world.fetcher('restarted-to', { providers: [], options })
  const { id: low } = await first.downloads.add({ cid: cids[0]!, priority: 'low' })
  const { id: high } = await first.downloads.add({ cid: cids[1]! })
  first.downloads.change(high, { priority: 'high', sequential: true })
  const second = await world.fetcher('restarted-to', { providers: [], options })
  assert.deepEqual(
    second.downloads
      .list()
      .map(({ id, priority, sequential, queuePosition }) => [id, priority, sequential, queuePosition]),
    [
      [high, 'high', true, 1],
      [low, 'low', false, 2],
    ],
  )
})
