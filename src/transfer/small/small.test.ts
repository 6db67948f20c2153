import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { systemClock } from '../../base/clock.ts'
import { BLOCK_SIZE } from '../../content/cid.ts'
import { sha256 } from '../../content/verify.ts'
import { DiskThreads } from '../disk/disk-threads.ts'
import { OpenFiles } from '../open-files.ts'
import { content } from '../testing/fixtures.ts'
import { syncAll } from './durable.ts'
import { Slab } from './slab.ts'
import type { SmallFile } from './small-file.ts'
import { SmallQueue } from './small-queue.ts'
import { SmallReads } from './small-reads.ts'

const folder = mkdtempSync(join(tmpdir(), 'shoal-small-'))
const threads = new DiskThreads(systemClock, 2)
const files = new OpenFiles(10, systemClock)
after(async () => {
  await threads.close()
  files.close()
  rmSync(folder, { recursive: true, force: true })
})

function file(number: number): SmallFile {
  return { number, cid: `cid ${number}`, digest: new Uint8Array(32), path: `/${number}`, plannedBytes: 1 }
}

const newSlab = () => new Slab(new Uint8Array(new SharedArrayBuffer(BLOCK_SIZE)))

test('a slab keeps files apart, takes no more than fit, and is ready when none is half full', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: BLOCK_SIZE }), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(sizes, fc.array(fc.boolean()), (wanted, fates) => {
      const slab = newSlab()
      let end = 0
      const full: number[] = []
      const begun = wanted.map((size, number) => slab.begin(file(number), size)).filter((region) => region)
      for (const region of begun) {
        assert.equal(region!.offset, end)
        end += region!.length
      }
      assert.ok(end <= BLOCK_SIZE && begun.length <= 128)
      slab.seal()
      assert.equal(slab.begin(file(-1), 1), undefined)
      for (const [at, region] of begun.entries()) {
        assert.equal(slab.isReady, false)
        if (fates[at]) slab.abandon(region!)
        else {
          slab.fill(region!)
          full.push(region!.file.number)
        }
      }
      assert.ok(slab.isReady)
      assert.equal(slab.isTainted, begun.length > full.length)
      assert.deepEqual(
        slab.whole().files.map(({ number }) => number),
        full,
      )
    }),
  )
})

test('the queue loses no file and gives none to a peer that refused it', () => {
  const steps = fc.array(
    fc.record({ peer: fc.integer({ min: 0, max: 3 }), fate: fc.integer({ min: 0, max: 2 }) }),
  )
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 20 }), steps, (count, plan) => {
      const queue = new SmallQueue(Array.from({ length: count }, (_, number) => file(number)))
      const gone: SmallFile[] = []
      for (const { peer, fate } of plan) {
        const next = queue.take(`${peer}`)
        if (!next) continue
        assert.ok(!next.refusedBy?.has(`${peer}`))
        if (fate === 0) gone.push(next)
        else if (fate === 1) queue.giveBack(next)
        else if (!queue.refuse(next, `${peer}`)) gone.push(next)
      }
      gone.push(...queue.refusedByAll(['0']))
      assert.equal(queue.size, count - gone.length)
      const all = [...gone, ...queue.drain()].map(({ number }) => number)
      assert.deepEqual(
        all.sort((a, b) => a - b),
        Array.from({ length: count }, (_, number) => number),
      )
      assert.equal(queue.size, 0)
    }),
  )
})

test('small files are written as a whole, the wrong ones not, and found again', async () => {
  const memory = new Uint8Array(new SharedArrayBuffer(BLOCK_SIZE))
  const bytes = content(3000, 1)
  memory.set(bytes)
  const put = (name: string, offset: number, length: number, right = true) => ({
    path: join(folder, 'put', name),
    offset,
    length,
    digest: sha256(right ? bytes.subarray(offset, offset + length) : bytes),
  })
  mkdirSync(join(folder, 'put'), { recursive: true })
  writeFileSync(join(folder, 'put', 'half'), 'what a killed run left')
  const files = [
    put('a/b/c', 0, 1000),
    put('half', 1000, 2000),
    put('wrong', 5, 6, false),
    put('empty', 0, 0),
  ]
  const stats = await threads.putFiles(memory, {
    paths: files.map(({ path }) => path),
    offsets: files.map(({ offset }) => offset),
    lengths: files.map(({ length }) => length),
    digests: Buffer.concat(files.map(({ digest }) => digest)),
  })
  assert.deepEqual(
    stats.map((stat) => stat?.size),
    [1000, 2000, undefined, 0],
  )
  assert.deepEqual(readFileSync(join(folder, 'put/half')), Buffer.from(bytes.subarray(1000)))
  writeFileSync(join(folder, 'put', 'empty'), 'no more')
  assert.deepEqual(await threads.checkFiles(files), [stats[0], stats[1], null, null])
  await syncAll(folder, [join(folder, 'put/a/b/c'), join(folder, 'put/half')], threads)
  const many = Array.from({ length: 300 }, () => join(folder, 'put/half'))
  await syncAll(folder, many, threads)
  await assert.rejects(syncAll(folder, [join(folder, 'none')], threads), { code: 'NOT_FOUND' })
})

test('many reads at once come each to its own, what cannot be read is told, and links are not followed', async () => {
  const reads = new SmallReads(threads, files)
  const paths = Array.from({ length: 150 }, (_, at) => join(folder, `read ${at}`))
  for (const [at, path] of paths.entries()) writeFileSync(path, content(500 + at, at))
  symlinkSync(paths[0]!, join(folder, 'link'))
  const into = paths.map((_, at) => new Uint8Array(500 + at + (at % 2)))
  const refused = [join(folder, 'none'), join(folder, 'link')].map((path) =>
    assert.rejects(reads.read(path, new Uint8Array(9)), /cannot be read/),
  )
  const found = await Promise.all(paths.map((path, at) => reads.read(path, into[at]!)))
  await Promise.all(refused)
  for (const [at, { length, stat }] of found.entries()) {
    assert.deepEqual([length, stat.size], [500 + at, 500 + at])
    assert.deepEqual(into[at]!.subarray(0, length), content(500 + at, at))
  }
})

test('one that is asked for alone is read at once while no thread runs, without starting one', async (t) => {
  const idle = new DiskThreads(systemClock)
  t.after(() => idle.close())
  const reads = new SmallReads(idle, files)
  const path = join(folder, 'alone')
  writeFileSync(path, content(700, 1))
  const into = new Uint8Array(900)
  const { length, stat } = await reads.read(path, into)
  assert.deepEqual([length, stat.size, idle.size], [700, 700, 0])
  assert.deepEqual(into.subarray(0, length), content(700, 1))
  await assert.rejects(reads.read(join(folder, 'none'), into), { code: 'ENOENT' })
  await Promise.all([reads.read(path, into), reads.read(path, new Uint8Array(900))])
  assert.equal(idle.size, 1)
})
