import { MIB } from '../../base/units.ts'
import type { BufferPool } from '../buffer-pool.ts'
import { HEADROOM_BYTES } from '../line/giver-wire.ts'
import type { ServedFile } from '../served-file.ts'
import { keyOf } from './block-key.ts'

/** What is read ahead of the block that is being sent: so many bytes and at least one block, but no more than so many (small files). */
const READ_AHEAD_BYTES = 2 * MIB
const READ_AHEAD_BLOCKS = 64

interface Want {
  readonly file: number
  readonly index: number
  readonly served: ServedFile
}

/** A block that is being read. */
export interface BlockRead {
  readonly file: number
  readonly index: number
  readonly bytes: number
  /** Holds it from `HEADROOM_BYTES` on. */
  readonly buffer: Uint8Array
  /** Bytes read; undefined when the block cannot be given. */
  readonly length: Promise<number | undefined>
}

/** What one line wants as whole blocks, in order; those that are next are being read. */
export class BlockReads {
  readonly #buffers: BufferPool
  readonly #wanted = new Map<number, Want>()
  #reads: BlockRead[] = []
  #readingBytes = 0

  constructor(buffers: BufferPool) {
    this.#buffers = buffers
  }

  /** Blocks that are wanted and not being sent. */
  get size(): number {
    return this.#wanted.size + this.#reads.length
  }

  want(want: Want): void {
    this.#wanted.set(keyOf(want.file, want.index), want)
  }

  /** False when it was not wanted. */
  cancel(file: number, index: number): boolean {
    if (this.#wanted.delete(keyOf(file, index))) return true
    return this.#drop((read) => read.file === file && read.index === index)
  }

  /** Nothing more of a file. */
  close(file: number): void {
    for (const [key, want] of this.#wanted) if (want.file === file) this.#wanted.delete(key)
    this.#drop((read) => read.file === file)
  }

  /** The block to send now; those after it are being read meanwhile. To be given back. */
  next(): BlockRead | undefined {
    while (this.#readingBytes < READ_AHEAD_BYTES && this.#reads.length < READ_AHEAD_BLOCKS) {
      const read = this.#start()
      if (!read) break
      this.#readingBytes += read.bytes
      this.#reads.push(read)
    }
    const next = this.#reads.shift()
    this.#readingBytes -= next?.bytes ?? 0
    return next
  }

  /** Waits for what is being read. */
  async end(): Promise<void> {
    this.#wanted.clear()
    const reads = this.#reads.map(({ length }) => length)
    this.#drop(() => true)
    await Promise.allSettled(reads)
  }

  #start(): BlockRead | undefined {
    for (const [key, { file, index, served }] of this.#wanted) {
      this.#wanted.delete(key)
      const bytes = served.sizeOf(index)
      const buffer = this.#buffers.take(HEADROOM_BYTES + bytes)
      const length = served.readInto(index, buffer.subarray(HEADROOM_BYTES))
      // Whoever waits for it hears of a failure; nobody may, when the client leaves first.
      length.catch(() => {})
      return { file, index, bytes, buffer, length }
    }
    return undefined
  }

  /** What is being read is not wanted any more. */
  #drop(isUnwanted: (read: BlockRead) => boolean): boolean {
    const kept: BlockRead[] = []
    for (const read of this.#reads) {
      if (!isUnwanted(read)) {
        kept.push(read)
        continue
      }
      this.#readingBytes -= read.bytes
      const give = () => this.#buffers.give(read.buffer)
      read.length.then(give, give)
    }
    const dropped = kept.length < this.#reads.length
    this.#reads = kept
    return dropped
  }
}
