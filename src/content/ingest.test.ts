import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { appendFileSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { importer, type WritableStorage } from 'ipfs-unixfs-importer'
import { silentLogger } from '../base/log.ts'
import { BLOCK_SIZE } from './cid.ts'
import { HashThread } from './hash-thread.ts'
import { Ingestor } from './ingest.ts'
import { buildManifest } from './manifest.ts'
import { sha256 } from './verify.ts'

const folder = mkdtempSync(join(tmpdir(), 'shoal-ingest-'))
const ingestor = new Ingestor({ threads: 2, log: silentLogger })
after(async () => {
  await ingestor.close()
  rmSync(folder, { recursive: true, force: true })
})

const save = (name: string, content: Uint8Array | string) => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}
const sparse = (name: string, sizeBytes: number) => {
  const path = save(name, '')
  truncateSync(path, sizeBytes)
  return path
}
const hex = (content: Uint8Array) => createHash('sha256').update(content).digest('hex')

async function importerCid(content: Uint8Array): Promise<string> {
  const store = { put: (cid: unknown) => cid } as WritableStorage
  let found = ''
  for await (const { cid } of importer([{ path: 'f', content }], store, { profile: 'unixfs-v1-2025' }))
    found = cid.toString()
  return found
}

/** Waits for `condition`, giving way to everything else in between. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}
const isHashing = (path: string) => {
  const { running } = ingestor.getDebugState().large as { running: { path: string }[] }
  return running.some((one) => one.path === path)
}

const SIZES = [
  0,
  1,
  BLOCK_SIZE - 1,
  BLOCK_SIZE,
  BLOCK_SIZE + 1,
  3 * BLOCK_SIZE + 7,
  16 * BLOCK_SIZE,
  16 * BLOCK_SIZE + 1,
  23 * BLOCK_SIZE + 5,
]

test('CID, SHA-256, digests and facts of files of many sizes, at once', async () => {
  await Promise.all(
    SIZES.map(async (size) => {
      const content = randomBytes(size)
      const path = save(`size-${size}`, content)
      const ingested = await ingestor.ingest(path)
      const digests = Array.from({ length: Math.max(1, Math.ceil(size / BLOCK_SIZE)) }, (_, index) =>
        sha256(content.subarray(index * BLOCK_SIZE, (index + 1) * BLOCK_SIZE)),
      )
      assert.ok(Buffer.concat(digests).equals(ingested.digests))
      assert.equal(ingested.sha256, hex(content))
      assert.equal(ingested.cid, await importerCid(content))
      assert.equal(ingested.totalBytes, buildManifest(ingested.digests, size).totalBytes)
      assert.equal(ingested.sizeBytes, size)
      const { mtimeMs, ino } = statSync(path)
      assert.deepEqual(ingested.stat, { size, mtimeMs, ino })
    }),
  )
})

test('a sparse file of more than 1024 blocks', async () => {
  const sizeBytes = 1025 * BLOCK_SIZE + 5
  const reports: number[] = []
  const ingested = await ingestor.ingest(sparse('sparse', sizeBytes), {
    onProgress: (bytesDone) => reports.push(bytesDone),
  })
  const full = sha256(new Uint8Array(BLOCK_SIZE))
  const digests = Buffer.concat([...new Array(1025).fill(full), sha256(new Uint8Array(5))])
  assert.ok(digests.equals(ingested.digests))
  assert.equal(ingested.cid, buildManifest(digests, sizeBytes).cid)
  assert.equal(reports.at(-1), sizeBytes)
  assert.deepEqual(
    reports,
    reports.toSorted((a, b) => a - b),
  )
  rmSync(join(folder, 'sparse'))
})

test('one thread, or four, give the same', async () => {
  const content = randomBytes(18 * BLOCK_SIZE + 1)
  const path = save('same', content)
  for (const threads of [1, 4]) {
    const own = new Ingestor({ threads, log: silentLogger })
    const results = await Promise.all([own.ingest(path), own.ingest(path), own.ingest(save('beside', 'x'))])
    assert.deepEqual(
      results.map((result) => result.sha256),
      [hex(content), hex(content), hex(Buffer.from('x'))],
    )
    await own.close()
  }
})

test('a thousand small files handed over at once, each with its own result', async () => {
  const paths = Array.from({ length: 1000 }, (_, index) => save(`small-${index}`, `content ${index}`))
  const controller = new AbortController()
  const results = await Promise.all(paths.map((path) => ingestor.ingest(path, { signal: controller.signal })))
  assert.deepEqual(
    results.map((result) => result.sha256),
    paths.map((_, index) => hex(Buffer.from(`content ${index}`))),
  )
})

test('small files do not wait for a big one', async () => {
  const path = sparse('slow', 3 * 1024 * BLOCK_SIZE)
  const controller = new AbortController()
  const big = ingestor.ingest(path, { signal: controller.signal })
  await until(() => isHashing(path))
  await ingestor.ingest(save('quick', 'quick'))
  assert.ok(isHashing(path))
  controller.abort()
  await assert.rejects(big, { code: 'CANCELLED' })
})

test('files that cannot be hashed say why, and the others in the batch are done', async () => {
  const [missing, aFolder, good] = await Promise.allSettled([
    ingestor.ingest(join(folder, 'missing')),
    ingestor.ingest(folder),
    ingestor.ingest(save('good', 'good')),
  ])
  assert.ok(missing.status === 'rejected' && aFolder.status === 'rejected' && good.status === 'fulfilled')
  assert.equal(missing.reason.code, 'NOT_FOUND')
  assert.match(missing.reason.message, /missing/)
  assert.equal(aFolder.reason.code, 'INVALID_ARGUMENT')
})

test('a file of more than 1 TiB is refused before it is read', async () => {
  await assert.rejects(ingestor.ingest(sparse('huge', 2 ** 40 + 1)), { code: 'TOO_LARGE' })
})

test('a big file that changes while it is hashed', async () => {
  const path = sparse('changing', 100 * BLOCK_SIZE)
  const result = ingestor.ingest(path)
  await until(() => isHashing(path))
  appendFileSync(path, 'more')
  await assert.rejects(result, { code: 'FILE_CHANGED', message: /changing/ })
  assert.equal((await ingestor.ingest(path)).sizeBytes, 100 * BLOCK_SIZE + 4)
})

test('an abort before, while waiting and while hashing', async () => {
  const path = sparse('cancelled', 3 * 1024 * BLOCK_SIZE)
  await assert.rejects(ingestor.ingest(path, { signal: AbortSignal.abort() }), { code: 'CANCELLED' })
  const waiting = new AbortController()
  const queued = ingestor.ingest(path, { signal: waiting.signal })
  waiting.abort()
  await assert.rejects(queued, { code: 'CANCELLED' })
  const running = new AbortController()
  const result = ingestor.ingest(path, { signal: running.signal })
  await until(() => isHashing(path))
  running.abort()
  await assert.rejects(result, { code: 'CANCELLED' })
  await until(() => ingestor.getDebugState().busy === 0)
  assert.equal((await ingestor.ingest(save('after', 'after'))).sha256, hex(Buffer.from('after')))
})

test('a thread that breaks down takes its files with it, and another one takes its place', async () => {
  const threads: HashThread[] = []
  const newThread = () => {
    const thread = new HashThread()
    threads.push(thread)
    return thread
  }
  const own = new Ingestor({ threads: 1, log: silentLogger, newThread })
  const path = sparse('doomed', 3 * 1024 * BLOCK_SIZE)
  const doomed = own.ingest(path)
  await until(() => (own.getDebugState().large as { running: unknown[] }).running.length > 0)
  await threads[0]!.terminate()
  await assert.rejects(doomed, { code: 'INTERNAL' })
  assert.equal((await own.ingest(save('next', 'next'))).sha256, hex(Buffer.from('next')))
  assert.equal(threads.length, 2)
  await own.close()
})

test('when the partner breaks down, its big file fails instead of waiting for ever', async () => {
  const threads: HashThread[] = []
  const newThread = () => {
    const thread = new HashThread()
    threads.push(thread)
    return thread
  }
  const own = new Ingestor({ threads: 2, log: silentLogger, newThread })
  const doomed = own.ingest(sparse('halved', 3 * 1024 * BLOCK_SIZE))
  await until(() => JSON.stringify(own.getDebugState()).includes('"help":"there"'))
  await threads[1]!.terminate()
  await assert.rejects(doomed, { code: 'INTERNAL' })
  await own.close()
})

test('a request that makes no sense breaks the thread, not the process', async () => {
  const thread = new HashThread()
  await assert.rejects(thread.run({ type: 'batch' } as never), { code: 'INTERNAL' })
  assert.ok(thread.isDead)
  await assert.rejects(thread.run({ type: 'batch' } as never), { code: 'INTERNAL' })
})

test('closing rejects what is not done, and what comes later', async () => {
  const own = new Ingestor({ threads: 2, log: silentLogger })
  const path = sparse('closing', 3 * 1024 * BLOCK_SIZE)
  const unfinished = [own.ingest(path), own.ingest(path), own.ingest(path)]
  const results = Promise.allSettled(unfinished)
  await until(() => (own.getDebugState().large as { running: unknown[] }).running.length > 0)
  await own.close()
  for (const result of await results)
    assert.equal(result.status === 'rejected' && result.reason.code, 'CANCELLED')
  await assert.rejects(own.ingest(path), { code: 'CANCELLED' })
})

test('idle threads do not keep the process alive', async () => {
  const program = `
    const { Ingestor } = await import(${JSON.stringify(new URL('./ingest.ts', import.meta.url).href)})
    const { silentLogger } = await import(${JSON.stringify(new URL('../base/log.ts', import.meta.url).href)})
    const ingestor = new Ingestor({ log: silentLogger })
    console.log((await ingestor.ingest(process.argv[1])).sha256)`
  const run = promisify(execFile)(process.execPath, [
    '--input-type=module',
    '-e',
    program,
    save('child', 'child'),
  ])
  assert.equal((await run).stdout.trim(), hex(Buffer.from('child')))
})
