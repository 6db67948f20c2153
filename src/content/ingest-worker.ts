import { createHash, hash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import { toShoalError } from '../base/errors.ts'
import { checkBlocks } from './check-blocks.ts'
import { BLOCK_SIZE, DIGEST_SIZE } from './cid.ts'
import type { FileResult, Ingested, SharedHash, WorkerReply, WorkerRequest } from './ingest-types.ts'
import { blocksOfSize } from './layout.ts'
import { buildManifest, checkFileSize } from './manifest.ts'
import { OpenFile } from './open-file.ts'
import { hashAsOwner, hashAsPartner } from './shared-hash.ts'

/**
 * A hashing thread: reads and hashes what it is told to, one request at a time, blocking as it likes. It is the main thread's
 * job to know who works on what.
 */

/** Files up to this are hashed within a batch: some 20 ms for one thread, too short to be worth a partner. */
const LARGE_BYTES = 16 * BLOCK_SIZE

/** Time between two reports of how far a big file is, ms. */
const PROGRESS_MS = 200

type SharedWork = Extract<WorkerRequest, { shared: SharedHash }>

if (!parentPort) throw new Error('ingest-worker runs in a worker thread only')
const port = parentPort
const buffer = new Uint8Array(BLOCK_SIZE)

port.on('message', (request: WorkerRequest) => port.postMessage(answer(request)))

function answer(request: WorkerRequest): WorkerReply {
  switch (request.type) {
    case 'batch':
      return { type: 'batch', results: hashBatch(request.paths, request.skip, request.budgetMs) }
    case 'large':
      return { type: 'large', result: attempt(() => hashLarge(request)) }
    case 'help':
      help(request)
      return { type: 'help' }
    case 'check':
      return { type: 'check', parts: checkBlocks(request, buffer) }
  }
}

/** Hashes until the time is over; the rest goes back, so that another thread may have it. At least one file is tried. */
function hashBatch(paths: string[], skip: Int32Array, budgetMs: number): FileResult[] {
  const endMs = performance.now() + budgetMs
  return paths.map((path, index) => {
    const late = index > 0 && performance.now() > endMs
    if (late || Atomics.load(skip, index) !== 0) return { status: 'returned' }
    return attempt(() => hashSmall(path))
  })
}

function attempt(work: () => FileResult): FileResult {
  try {
    return work()
  } catch (error) {
    const { code, message } = toShoalError(error)
    return { status: 'failed', code, message }
  }
}

function hashSmall(path: string): FileResult {
  using file = new OpenFile(path)
  const { sizeBytes } = file
  checkFileSize(sizeBytes)
  if (sizeBytes > LARGE_BYTES) return { status: 'large', stat: file.facts }
  const digests = new Uint8Array(blocksOfSize(sizeBytes) * DIGEST_SIZE)
  // The one block of a small file is the file, so its SHA-256 is the file's.
  const chain = sizeBytes > BLOCK_SIZE ? createHash('sha256') : undefined
  let position = 0
  for (let index = 0; index * DIGEST_SIZE < digests.length; index++) {
    const block = buffer.subarray(0, Math.min(BLOCK_SIZE, sizeBytes - position))
    file.readExactly(block, position)
    position += block.length
    digests.set(hash('sha256', block, 'buffer'), index * DIGEST_SIZE)
    chain?.update(block)
  }
  file.checkUnchanged()
  return done(file, digests, chain?.digest('hex') ?? Buffer.from(digests.buffer).toString('hex'))
}

function hashLarge({ path, stat, shared }: SharedWork): FileResult {
  using file = new OpenFile(path)
  file.checkIs(stat)
  let reportedMs = performance.now()
  const sha256 = hashAsOwner(file, shared, (bytesDone) => {
    const nowMs = performance.now()
    if (nowMs - reportedMs < PROGRESS_MS) return
    reportedMs = nowMs
    port.postMessage({ type: 'progress', bytesDone } satisfies WorkerReply)
  })
  file.checkUnchanged()
  return done(file, shared.digests.slice(), sha256)
}

function done(file: OpenFile, digests: Uint8Array, sha256: string): FileResult {
  const { cid, totalBytes } = buildManifest(digests, file.sizeBytes)
  const ingested: Ingested = { cid, sha256, sizeBytes: file.sizeBytes, digests, totalBytes, stat: file.facts }
  return { status: 'done', ingested }
}

function help({ path, stat, shared }: SharedWork): void {
  try {
    using file = new OpenFile(path)
    file.checkIs(stat)
    hashAsPartner(file, shared)
  } catch {
    // Whatever it is, the owner meets it too and says so.
  }
}
