import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import type { Clock } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import { abortable, withDeadline } from '../base/signals.ts'

/** A file that is on the disk in full. */
export interface Written {
  readonly path: string
  readonly sizeBytes: number
  /** Hex. */
  readonly sha256: string
}

export interface Patience {
  readonly clock: Clock
  /** A sender from whom nothing comes for this long is gone, ms. */
  readonly stallMs: number
  readonly signal: AbortSignal
}

/**
 * Writes what comes to a new file and makes it durable, in the memory of one piece. What is there when it fails is for the caller to remove.
 *
 * @throws ShoalError CANCELLED when the sender breaks off; TIMED_OUT; system errors
 */
export async function writeBody(
  path: string,
  body: AsyncIterable<Uint8Array>,
  patience: Patience,
): Promise<Written> {
  const hash = createHash('sha256')
  const file = await open(path, 'wx')
  try {
    const sizeBytes = await copy(body, { file, hash }, patience)
    await file.sync()
    return { path, sizeBytes, sha256: hash.digest('hex') }
  } finally {
    await file.close()
  }
}

async function copy(
  body: AsyncIterable<Uint8Array>,
  { file, hash }: { file: FileHandle; hash: Hash },
  patience: Patience,
): Promise<number> {
  let sizeBytes = 0
  const pieces = body[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { done, value } = await nextPiece(pieces, patience)
      if (done) return sizeBytes
      hash.update(value)
      await writeAll(file, value)
      sizeBytes += value.length
    }
  } finally {
    // Not awaited: a sender that went away must not hold anything.
    pieces.return?.().then(undefined, () => undefined)
  }
}

async function nextPiece(
  pieces: AsyncIterator<Uint8Array>,
  { clock, stallMs, signal }: Patience,
): Promise<IteratorResult<Uint8Array, unknown>> {
  using deadline = withDeadline(clock, stallMs, signal)
  try {
    return await abortable(pieces.next(), deadline.signal)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ECONNRESET') throw new ShoalError('CANCELLED', 'The file broke off.', { cause: error })
    throw error
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten
}
