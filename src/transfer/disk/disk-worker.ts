import { createHash, type Hash, hash } from 'node:crypto'
import { readSync, writeSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { ShoalError, toShoalError } from '../../base/errors.ts'
import { BLOCK_SIZE } from '../../content/sizes.ts'
import type { DiskReply, DiskRequest } from './disk-types.ts'
import { checkSmall, putSmall, readSmall, syncFile } from './small-files.ts'
import { packFound } from './small-found.ts'

/** A disk thread: hashes, writes and reads what it is told to, one request after the other, blocking as it likes. */

if (!parentPort) throw new Error('disk-worker runs in a worker thread only')
const port = parentPort
const buffer = Buffer.allocUnsafeSlow(BLOCK_SIZE)
const chains = new Map<number, Hash>()

port.on('message', ({ id, request }: { id: number; request: DiskRequest }) => {
  port.postMessage({ id, reply: attempt(request) })
})

function attempt(request: DiskRequest): DiskReply {
  try {
    return answer(request)
  } catch (error) {
    const { code, message } = toShoalError(error, 'IO')
    return { status: 'failed', code, message }
  }
}

function answer(request: DiskRequest): DiskReply {
  switch (request.type) {
    case 'store': {
      const { block, digest, fd, position } = request
      const isRight = hasDigest(block, digest)
      if (isRight) writeAll(fd, block, position)
      return { status: 'done', isRight }
    }
    case 'hash':
      return { status: 'done', isRight: hasDigest(request.block, request.digest) }
    case 'write': {
      writeAll(request.fd, request.block, request.position)
      return { status: 'done', isRight: true }
    }
    case 'check': {
      const { fd, position, length, digest } = request
      const block = buffer.subarray(0, length)
      return { status: 'done', isRight: readAll(fd, block, position) && hasDigest(block, digest) }
    }
    case 'chain': {
      const { chain, fd, position, length } = request
      const hashing = chains.get(chain) ?? createHash('sha256')
      chains.set(chain, hashing)
      for (let done = 0; done < length; done += BLOCK_SIZE) {
        const part = buffer.subarray(0, Math.min(BLOCK_SIZE, length - done))
        if (!readAll(fd, part, position + done))
          throw new ShoalError('IO', 'The file is shorter than it was.')
        hashing.update(part)
      }
      return { status: 'done', isRight: true }
    }
    case 'chain-end': {
      const hex = (chains.get(request.chain) ?? createHash('sha256')).digest('hex')
      chains.delete(request.chain)
      return { status: 'done', isRight: true, hex }
    }
    case 'put-files':
      return { status: 'done', isRight: true, found: packFound(putSmall(request.puts, request.memory)) }
    case 'check-files':
      return { status: 'done', isRight: true, files: request.files.map((file) => checkSmall(file, buffer)) }
    case 'read-files':
      return { status: 'done', isRight: true, found: packFound(readSmall(request.reads, request.memory)) }
    case 'sync-files': {
      for (const path of request.paths) syncFile(path)
      return { status: 'done', isRight: true }
    }
  }
}

function hasDigest(block: Uint8Array, digest: Uint8Array): boolean {
  return Buffer.compare(hash('sha256', block, 'buffer'), digest) === 0
}

function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(fd, bytes, done, bytes.length - done, position + done)
}

/** False when the file ends before. */
function readAll(fd: number, into: Uint8Array, position: number): boolean {
  for (let done = 0; done < into.length; ) {
    const count = readSync(fd, into, done, into.length - done, position + done)
    if (count === 0) return false
    done += count
  }
  return true
}
