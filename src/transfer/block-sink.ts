import type { Clock } from '../base/clock.ts'
import { Emitter } from '../base/events.ts'
import { MIB } from '../base/units.ts'
import { BLOCK_SIZE } from '../content/cid.ts'
import type { FileLayout } from '../content/manifest.ts'
import { Bitmap } from './bitmap.ts'
import { type BlockMemory, isShared } from './disk/block-memory.ts'
import type { DiskThreads, FileWriter } from './disk/disk-threads.ts'
import type { FetchSink } from './fetch-sink.ts'
import type { FetchTarget } from './fetch-target.ts'
import { Flusher } from './flusher.ts'
import type { TransferOptions } from './options.ts'
import type { PartFile } from './part-file.ts'
import type { PartialFile } from './partials.ts'
import { ComingBlocks } from './parts/coming-blocks.ts'

/** Where it is noted which blocks are safe on the disk. */
export interface BlockJournal {
  /** Blocks that are durable, and verified bytes by PeerId that came with them. */
  mark(indices: number[], bytesByPeer: Record<string, number>): void
}

export interface SinkSetup {
  readonly target: FetchTarget
  readonly part: PartFile
  /** Blocks that are in the part file already; taken over. */
  readonly has: Bitmap
  /** Undefined for a file that is not worth one: a single block. */
  readonly journal: BlockJournal | undefined
  readonly memory: BlockMemory
  readonly disk: DiskThreads
  /** Somebody who reads along waits for these blocks, see {@link PartialFile.urgent}. Default: they come when they come. */
  readonly urgent?: (indices: readonly number[]) => void
  readonly clock: Clock
  readonly options: TransferOptions
}

/** How many flushes' worth of bytes may wait for the disk before no more is asked for. */
const MAX_UNFLUSHED = 2

/** So many bytes may wait for the threads that verify and write: enough to keep them busy; more would only be more memory. */
const MAX_WRITING_BYTES = 4 * MIB

/** Verifies blocks, puts them into the part file, makes them durable, notes them in the journal, and lets others read them. */
export class BlockSink implements PartialFile, FetchSink {
  readonly has: Bitmap
  readonly added = new Emitter<number>()
  readonly coming: ComingBlocks
  /** Rejects when the disk fails; never resolves. */
  readonly failed: Promise<never>
  readonly #setup: SinkSetup
  readonly #flusher: Flusher
  readonly #writer: FileWriter
  /** Blocks whose bytes this process has seen to be right; those of an earlier run are hashed before they are given to others. */
  readonly #proved: Bitmap
  readonly #writes = new Set<Promise<boolean>>()
  readonly #fail: (error: unknown) => void
  #error: unknown
  #writingBytes = 0
  #doneBytes = 0

  constructor(setup: SinkSetup) {
    this.#setup = setup
    this.has = setup.has
    const { plannedSizeOf: sizeOf, digestOf } = setup.target
    this.coming = new ComingBlocks({ sizeOf, digestOf, memory: setup.memory })
    this.#writer = setup.disk.writer()
    this.#proved = new Bitmap(setup.has.length)
    const { promise, reject } = Promise.withResolvers<never>()
    this.failed = promise
    // Whoever waits for it hears of it; nobody may be waiting at that moment.
    promise.catch(() => {})
    this.#fail = (error) => {
      this.#error ??= error
      reject(error)
    }
    for (const index of this.has.indices()) this.#doneBytes += setup.target.plannedSizeOf(index)
    this.#flusher = new Flusher({
      sync: () => setup.part.sync(),
      mark: (indices, bytesByPeer) => setup.journal?.mark(indices, bytesByPeer),
      onError: this.#fail,
      clock: setup.clock,
      flushBytes: setup.options.flushBytes,
      flushMs: setup.options.flushMs,
    })
  }

  /** Of the file; of one whose size is not known, once its block is here. */
  get layout(): FileLayout {
    return this.#setup.target.layout!
  }

  /** Verified and written. */
  get doneBytes(): number {
    return this.#doneBytes
  }

  /** Given to {@link store} and not written yet. */
  get writingBytes(): number {
    return this.#writingBytes
  }

  /** The threads or the disk are behind; nothing more should be asked for. */
  get isBehind(): boolean {
    if (this.#writingBytes > MAX_WRITING_BYTES) return true
    return this.#flusher.waitingBytes > MAX_UNFLUSHED * this.#setup.options.flushBytes
  }

  /**
   * Verifies a block and writes it. Its memory is given back.
   *
   * @returns false, and nothing is written, when its bytes are wrong
   * @throws what the disk said, as {@link failed}
   */
  store(index: number, bytes: Uint8Array): Promise<boolean> {
    const storing = this.#store(index, bytes)
    this.#writes.add(storing)
    // Whoever stores hears of a failure, and so does everybody who waits for `failed`.
    storing.catch(() => {}).finally(() => this.#writes.delete(storing))
    return storing
  }

  /** A block is written, for the first time: others may read it. @param peerId who sent it */
  stored(index: number, length: number, peerId: string): void {
    this.#take(index, length)
    this.coming.forget(index)
    this.#flusher.wrote(index, length, peerId)
  }

  /** A block that was in the part file all the time, though the journal did not know. */
  found(index: number): void {
    const size = this.#setup.target.plannedSizeOf(index)
    this.#take(index, size)
    this.#flusher.wrote(index, size, undefined)
  }

  async readInto(index: number, block: Uint8Array): Promise<boolean> {
    const { part, target } = this.#setup
    if ((await part.readInto(index * BLOCK_SIZE, block)) < block.length) return false
    if (!this.#proved.has(index) && !target.verify(index, block)) return false
    this.#proved.add(index)
    return true
  }

  /** Blocks that an earlier run wrote and this one has not read. */
  *unproved(): Generator<number> {
    for (const index of this.has.indices()) if (!this.#proved.has(index)) yield index
  }

  urgent(indices: readonly number[]): void {
    this.#setup.urgent?.(indices)
  }

  hold(): () => void {
    return this.#setup.part.hold()
  }

  /** Everything taken so far is durable and in the journal when this returns. @throws IO, NO_SPACE */
  async flush(): Promise<void> {
    await Promise.allSettled(this.#writes)
    if (this.#error !== undefined) throw this.#error
    await this.#flusher.flush()
  }

  /** No flush starts by itself any more. */
  async stop(): Promise<void> {
    await Promise.allSettled(this.#writes)
    this.coming.close()
    await this.#flusher.stop()
  }

  async #store(index: number, bytes: Uint8Array): Promise<boolean> {
    this.#writingBytes += bytes.length
    try {
      return isShared(bytes) ? await this.#storeByThread(index, bytes) : await this.#storeHere(index, bytes)
    } catch (error) {
      this.#fail(error)
      throw error
    } finally {
      this.#writingBytes -= bytes.length
      this.#setup.memory.give(bytes)
    }
  }

  async #storeByThread(index: number, block: Uint8Array<SharedArrayBuffer>): Promise<boolean> {
    const { part, target } = this.#setup
    const digest = target.digestOf(index)
    const isRight = await this.#writer.store({ block, digest, fd: part.fd, position: index * BLOCK_SIZE })
    if (isRight) target.learnSize(block.length)
    return isRight
  }

  async #storeHere(index: number, bytes: Uint8Array): Promise<boolean> {
    const { part, target } = this.#setup
    if (!target.verify(index, bytes)) return false
    await part.write(index * BLOCK_SIZE, bytes)
    return true
  }

  #take(index: number, bytes: number): void {
    this.#proved.add(index)
    if (!this.has.add(index)) return
    this.#doneBytes += bytes
    this.added.emit(index)
  }
}
