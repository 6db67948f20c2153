import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { silentLogger } from '../base/log.ts'
import { checkBlocks } from './check-blocks.ts'
import { CheckJob } from './check-job.ts'
import { BLOCK_SIZE, DIGEST_SIZE } from './cid.ts'
import { HashThread } from './hash-thread.ts'
import { Ingestor } from './ingest.ts'
import type { BlockCheck, CheckedPart } from './ingest-types.ts'
import { sha256 } from './verify.ts'

const folder = mkdtempSync(join(tmpdir(), 'shoal-check-'))
const ingestor = new Ingestor({ threads: 2, log: silentLogger })
after(async () => {
  await ingestor.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A file of random bytes, and the check of some of its blocks: all unless told. */
function save(name: string, size: number, first = 0, end = Math.max(1, Math.ceil(size / BLOCK_SIZE))) {
  const path = join(folder, name)
  const content = randomBytes(size)
  writeFileSync(path, content)
  const digests = Buffer.concat(
    Array.from({ length: end - first }, (_, i) =>
      sha256(content.subarray((first + i) * BLOCK_SIZE, (first + i + 1) * BLOCK_SIZE)),
    ),
  )
  const { mtimeMs, ino } = statSync(path)
  const check: BlockCheck = { path, stat: { size, mtimeMs, ino }, first, digests }
  /** Flips a bit and puts the time back, as a disk that forgets does. */
  const rot = (...offsets: number[]) => {
    const { atime, mtime } = statSync(path)
    for (const offset of offsets) content[offset]! ^= 1
    writeFileSync(path, content)
    utimesSync(path, atime, mtime)
    // utimes takes whole microseconds at best: what the file system keeps is what is known from now on.
    return { ...check, stat: { ...check.stat, mtimeMs: statSync(path).mtimeMs } }
  }
  return { path, check, rot }
}

const good = { status: 'read', wrong: [], unreadable: [] }

test('blocks that are what they should be, of files of many sizes and of parts of files', async () => {
  const sizes = [0, 1, BLOCK_SIZE - 1, BLOCK_SIZE, BLOCK_SIZE + 1, 5 * BLOCK_SIZE + 3]
  const checks = sizes.map((size) => save(`good-${size}`, size).check)
  checks.push(save('middle', 6 * BLOCK_SIZE, 2, 4).check, save('tail', 3 * BLOCK_SIZE + 9, 3).check)
  assert.deepEqual(
    await ingestor.check(checks),
    checks.map(() => good),
  )
  assert.deepEqual(await ingestor.check([]), [])
})

test('exactly the wrong blocks are named, by their place in the file', async () => {
  const whole = save('rot', 5 * BLOCK_SIZE + 3).rot(3 * BLOCK_SIZE + 77, 5 * BLOCK_SIZE)
  const part = save('rot-part', 6 * BLOCK_SIZE, 2, 5).rot(0, 4 * BLOCK_SIZE - 1, 5 * BLOCK_SIZE)
  assert.deepEqual(await ingestor.check([whole, part]), [
    { status: 'read', wrong: [3, 5], unreadable: [] },
    { status: 'read', wrong: [3], unreadable: [] },
  ])
})

test('a file that is another one by its stat is not judged; what is gone or closed to us is said', async () => {
  const { check } = save('changed', 100)
  const later = { ...check, stat: { ...check.stat, mtimeMs: check.stat.mtimeMs - 1000 } }
  const longer = { ...check, stat: { ...check.stat, size: 101 } }
  symlinkSync(check.path, join(folder, 'link'))
  mkdirSync(join(folder, 'now a folder'))
  const at = (path: string) => ({ ...check, path: join(folder, path) })
  const statuses = async (...checks: BlockCheck[]) =>
    (await ingestor.check(checks)).map(({ status }) => status)
  assert.deepEqual(await statuses(later, longer, at('link'), at('now a folder')), [
    'changed',
    'changed',
    'changed',
    'changed',
  ])
  assert.deepEqual(await statuses(at('not there'), at('changed/below')), ['missing', 'missing'])
  const closed = save('closed', 2 * BLOCK_SIZE, 0, 2)
  chmodSync(closed.path, 0)
  // Root may read everything.
  const expected = process.getuid?.() === 0 ? [] : [0, 1]
  assert.deepEqual(await ingestor.check([closed.check]), [{ ...good, unreadable: expected }])
})

test('however often a thread leaves, each block is judged once, and all verdicts come together', () => {
  const file = fc.record({
    first: fc.nat({ max: 5 }),
    wrong: fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }),
  })
  const files = fc.array(file, { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(files, fc.infiniteStream(fc.nat({ max: 5 })), (all, patience) => {
      const stat = { size: 0, mtimeMs: 0, ino: 0 }
      const checks = all.map(({ first, wrong }, i) => {
        // The place of each block stands in its digest, so that a wrong cut shows.
        const digests = Buffer.concat(wrong.map((_, at) => Buffer.alloc(DIGEST_SIZE, first + at)))
        return { path: `${i}`, stat, first, digests }
      })
      const job = new CheckJob(checks)
      let judged = 0
      while (!job.isSettled) {
        let left = patience.next().value!
        const parts: CheckedPart[] = []
        for (const { path, first, digests } of job.request().checks) {
          const blocks = Math.min(left, digests.length / DIGEST_SIZE)
          if (blocks === 0) break
          const places = Array.from({ length: blocks }, (_, at) => first + at)
          assert.deepEqual(
            places,
            Array.from({ length: blocks }, (_, at) => digests[at * DIGEST_SIZE]),
          )
          const file = all[Number(path)]!
          const wrong = places.filter((place) => file.wrong[place - file.first])
          parts.push({ blocks, verdict: { status: 'read', wrong, unreadable: [] } })
          judged += blocks
          left -= blocks
        }
        job.take(parts)
      }
      assert.equal(
        judged,
        all.reduce((sum, { wrong }) => sum + wrong.length, 0),
      )
      assert.deepEqual(
        job.verdicts,
        all.map(({ first, wrong }) => ({
          ...good,
          wrong: wrong.flatMap((isWrong, at) => (isWrong ? [first + at] : [])),
        })),
      )
    }),
  )
})

test('the flag that calls a thread back is heeded before the next block', () => {
  const { check } = save('flag', 3 * BLOCK_SIZE)
  const leave = Int32Array.of(1)
  assert.deepEqual(checkBlocks({ checks: [check], leave }, new Uint8Array(BLOCK_SIZE)), [])
})

test('files to hash go first: a check is left for them and taken up again', async () => {
  const order: string[] = []
  class NotingThread extends HashThread {
    override async run(...args: Parameters<HashThread['run']>) {
      order.push(args[0].type)
      return super.run(...args)
    }
  }
  const own = new Ingestor({ threads: 1, log: silentLogger, newThread: () => new NotingThread() })
  const { check } = save('long', 24 * BLOCK_SIZE)
  const checking = own.check([check, check, check, check])
  while (order.length === 0) await new Promise((resolve) => setImmediate(resolve))
  const hashed = await own.ingest(save('urgent', 10).path)
  assert.equal(hashed.sizeBytes, 10)
  assert.deepEqual(await checking, [good, good, good, good])
  assert.deepEqual(order, ['check', 'batch', 'check'])
  await own.close()
})

test('an abort and the end of hashing reject what waits and what runs', async () => {
  const own = new Ingestor({ threads: 1, log: silentLogger })
  const { check } = save('aborted', 8 * BLOCK_SIZE)
  const controller = new AbortController()
  const aborted = own.check([check, check, check], { signal: controller.signal })
  const rest = [own.check([check]), own.check([check])]
  controller.abort()
  await assert.rejects(aborted, { code: 'CANCELLED' })
  assert.deepEqual(await rest[0], [good])
  await rest[1]
  const running = own.check([check, check, check])
  const ended = assert.rejects(running, { code: 'CANCELLED' })
  await own.close()
  await ended
  await assert.rejects(own.check([check]), { code: 'CANCELLED' })
})
