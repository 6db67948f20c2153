import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ManualClock, systemClock } from '../../base/clock.ts'
import { Emitter } from '../../base/events.ts'
import { BLOCK_SIZE } from '../../content/cid.ts'
import { sha256 } from '../../content/verify.ts'
import { Bitmap } from '../bitmap.ts'
import { content } from '../testing/fixtures.ts'
import { BlockMemory } from './block-memory.ts'
import { DiskThreads } from './disk-threads.ts'
import { FileDigest } from './file-digest.ts'

const folder = mkdtempSync(join(tmpdir(), 'shoal-disk-'))
const threads = new DiskThreads(systemClock, 2)
after(async () => {
  await threads.close()
  rmSync(folder, { recursive: true, force: true })
})

function shared(bytes: Uint8Array): Uint8Array<SharedArrayBuffer> {
  const block = new Uint8Array(new SharedArrayBuffer(bytes.length))
  block.set(bytes)
  return block
}

test('a right block is written where it belongs, a wrong one is not', async () => {
  const path = join(folder, 'store')
  const fd = openSync(path, 'w+')
  const bytes = content(BLOCK_SIZE, 3)
  const { store } = threads.writer()
  const digest = sha256(bytes)
  assert.equal(await store({ block: shared(bytes), digest, fd, position: 5 }), true)
  const wrong = shared(new Uint8Array(BLOCK_SIZE))
  assert.equal(await store({ block: wrong, digest, fd, position: 0 }), false)
  assert.equal(await threads.check({ fd, position: 5, length: BLOCK_SIZE, digest }), true)
  assert.equal(await threads.check({ fd, position: 4, length: BLOCK_SIZE, digest }), false)
  assert.equal(await threads.check({ fd, position: 6, length: BLOCK_SIZE, digest }), false, 'beyond the end')
  closeSync(fd)
  assert.deepEqual(readFileSync(path), Buffer.concat([Buffer.alloc(5), bytes]))
  await assert.rejects(store({ block: shared(bytes), digest, fd, position: 0 }), { code: 'IO' })
})

test('the digest of a file that grows in any order', async () => {
  const path = join(folder, 'chain')
  const bytes = content(9 * BLOCK_SIZE + 77, 4)
  writeFileSync(path, bytes)
  const fd = openSync(path, 'r')
  const has = new Bitmap(10)
  const added = new Emitter<number>()
  const digest = new FileDigest({ has, added, layout: { sizeBytes: bytes.length } }, { fd }, threads)
  for (const index of [3, 0, 9, 1, 2, 8, 4, 7, 6, 5]) {
    has.add(index)
    added.emit(index)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  assert.equal(await digest.finish(new AbortController().signal), hash('sha256', bytes))
  closeSync(fd)
})

test('a digest that is not wanted any more keeps nothing', async () => {
  const path = join(folder, 'dropped')
  writeFileSync(path, content(5 * BLOCK_SIZE, 5))
  const fd = openSync(path, 'r')
  const has = Bitmap.full(5)
  const added = new Emitter<number>()
  const digest = new FileDigest({ has, added, layout: { sizeBytes: 5 * BLOCK_SIZE } }, { fd }, threads)
  added.emit(0)
  await digest.drop()
  await digest.drop()
  assert.equal(added.listenerCount, 0)
  closeSync(fd)
})

test('threads end when there is nothing to do, and begin again', async () => {
  const clock = new ManualClock()
  const own = new DiskThreads(clock, 1)
  const bytes = content(BLOCK_SIZE, 6)
  const fd = openSync(join(folder, 'idle'), 'w+')
  const { store: put } = own.writer()
  const store = () => put({ block: shared(bytes), digest: sha256(bytes), fd, position: 0 })
  await store()
  assert.equal(own.size, 1)
  await clock.advance(10_000)
  assert.equal(own.size, 0)
  assert.equal(await store(), true)
  await own.close()
  await assert.rejects(store(), { code: 'CANCELLED' })
  closeSync(fd)
})

test('a second thread is started when the first has too much to do', async () => {
  const own = new DiskThreads(systemClock, 2)
  const bytes = content(BLOCK_SIZE, 7)
  const path = join(folder, 'crowded')
  writeFileSync(path, bytes)
  const fd = openSync(path, 'r')
  const check = () => own.check({ fd, position: 0, length: BLOCK_SIZE, digest: sha256(bytes) })
  const checks = (count: number) => Promise.all(Array.from({ length: count }, check))
  own.warm()
  own.warm()
  assert.equal(own.size, 1)
  await checks(40)
  assert.equal(own.size, 1, 'what waits for a thread to start says nothing')
  await checks(12)
  assert.equal(own.size, 1)
  assert.deepEqual(await checks(13), new Array(13).fill(true))
  assert.equal(own.size, 2)
  await own.close()
  closeSync(fd)
})

test('memory is used again, and given back when nobody uses it', async () => {
  const clock = new ManualClock()
  const memory = new BlockMemory(clock)
  const first = memory.take(BLOCK_SIZE)
  const { buffer } = first
  memory.give(first)
  assert.equal(memory.take(BLOCK_SIZE - 9).buffer, buffer)
  assert.deepEqual(memory.getDebugState(), { used: 1, free: 0 })
  memory.give(new Uint8Array(buffer, 0, BLOCK_SIZE - 9))
  memory.give(memory.take(100))
  assert.deepEqual(memory.getDebugState(), { used: 0, free: 1 })
  await clock.advance(10_000)
  assert.deepEqual(memory.getDebugState(), { used: 0, free: 0 })
})
