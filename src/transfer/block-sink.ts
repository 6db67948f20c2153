import type { Clock } from '../base/clock.ts'
import { Emitter } from '../base/events.ts'
import { BLOCK_SIZE } from '../content/cid.ts'
import type { FileLayout } from '../content/manifest.ts'
import { Bitmap } from './bitmap.ts'
import type { FetchTarget } from './fetch-target.ts'
import { Flusher } from './flusher.ts'
import type { TransferOptions } from './options.ts'
import type { PartFile } from './part-file.ts'
import type { PartialFile } from './partials.ts'

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
  readonly clock: Clock
  readonly options: TransferOptions
}

/** Blocks written at once by one file. More would only wait in libuv's four threads. */
const MAX_WRITES = 8

/** How many flushes' worth of bytes may wait for the disk before no more is asked for. */
const MAX_UNFLUSHED = 4

/** Puts verified blocks into the part file, makes them durable, notes them in the journal, and lets others read them. */
export class BlockSink implements PartialFile {
  readonly has: Bitmap
  readonly added = new Emitter<number>()
  /** Rejects when the disk fails; never resolves. */
  readonly failed: Promise<never>
  readonly #setup: SinkSetup
  readonly #flusher: Flusher
  /** Blocks whose bytes this process has seen to be right; those of an earlier run are hashed before they are given to others. */
  readonly #proved: Bitmap
  readonly #writes = new Set<Promise<void>>()
  readonly #fail: (error: unknown) => void
  #error: unknown
  #writingBytes = 0
  #doneBytes = 0

  constructor(setup: SinkSetup) {
    this.#setup = setup
    this.has = setup.has
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

  /** Given to {@link write} and not written yet. */
  get writingBytes(): number {
    return this.#writingBytes
  }

  /** The disk is behind; nothing more should be asked for. */
  get isBehind(): boolean {
    return this.#flusher.waitingBytes > MAX_UNFLUSHED * this.#setup.options.flushBytes
  }

  /**
   * Takes a verified block. Resolves when there is room for the next one, not when it is written.
   *
   * @param peerId who sent it; undefined for one that was found in the part file
   */
  async write(index: number, bytes: Uint8Array, peerId: string): Promise<void> {
    const writing = this.#writeOne(index, bytes, peerId)
    this.#writes.add(writing)
    void writing.finally(() => this.#writes.delete(writing))
    if (this.#writes.size >= MAX_WRITES) await Promise.race(this.#writes)
  }

  /** A block that was in the part file all the time, though the journal did not know. */
  found(index: number): void {
    const size = this.#setup.target.plannedSizeOf(index)
    this.#take(index, size)
    this.#flusher.wrote(index, size, undefined)
  }

  async read(index: number): Promise<Uint8Array | undefined> {
    const { part, target } = this.#setup
    const bytes = await part.read(index * BLOCK_SIZE, target.plannedSizeOf(index))
    if (!this.#proved.has(index) && !target.verify(index, bytes)) return undefined
    this.#proved.add(index)
    return bytes
  }

  hold(): () => void {
    return this.#setup.part.hold()
  }

  /** Everything taken so far is durable and in the journal when this returns. @throws IO, NO_SPACE */
  async flush(): Promise<void> {
    await Promise.all(this.#writes)
    if (this.#error !== undefined) throw this.#error
    await this.#flusher.flush()
  }

  /** No flush starts by itself any more. */
  async stop(): Promise<void> {
    await Promise.all(this.#writes)
    await this.#flusher.stop()
  }

  /** Never rejects: a failure goes to {@link failed}. */
  async #writeOne(index: number, bytes: Uint8Array, peerId: string): Promise<void> {
    this.#writingBytes += bytes.length
    try {
      await this.#setup.part.write(index * BLOCK_SIZE, bytes)
      this.#take(index, bytes.length)
      this.#flusher.wrote(index, bytes.length, peerId)
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#writingBytes -= bytes.length
    }
  }

  #take(index: number, bytes: number): void {
    this.#proved.add(index)
    if (!this.has.add(index)) return
    this.#doneBytes += bytes
    this.added.emit(index)
  }
}
