import type { ShoalError } from '../../base/errors.ts'
import { BLOCK_SIZE } from '../../content/cid.ts'
import type { BlockChannel, ChannelListener } from '../line/channel.ts'
import { SourceFault } from '../source-fault.ts'
import type { Region } from './slab.ts'
import type { SmallFile } from './small-file.ts'

/** What a file that was asked for tells its source. */
export interface AskedEvents {
  /** @param takesFiles whether the peer gives many files in one answer */
  opened(takesFiles: boolean): void
  queued(position: number): void
  /** It has so many bytes, by the peer's word, and they begin to come: gives room for them. */
  begin(bytes: number): Region
  came(bytes: number): void
  whole(region: Region): void
  /** The peer cannot give it. */
  refused(): void
  ended(error: ShoalError): void
}

/** Messages of a peer about one small file: one that refuses it, and a few of what it has. */
const MAX_MESSAGES = 200

/** The first bit of a bitmap: block 0. */
const FIRST = 0x80

/** One small file at one peer, from the request to its last byte. Lets nothing through that was not asked for. */
export class AskedFile implements ChannelListener {
  readonly file: SmallFile
  readonly askedMs: number
  readonly #events: AskedEvents
  #channel: BlockChannel | undefined
  #sizeBytes: number | undefined
  #region: Region | undefined
  #received = 0
  #messages = 0
  #isOver = false

  /** @param askedMs of a monotonic clock */
  constructor(file: SmallFile, askedMs: number, events: AskedEvents) {
    this.file = file
    this.askedMs = askedMs
    this.#events = events
  }

  get hasBegun(): boolean {
    return this.#region !== undefined
  }

  get region(): Region | undefined {
    return this.#region
  }

  /** See {@link BlockChannel.isHeld}. */
  get isHeld(): boolean {
    return this.#channel?.isHeld === true
  }

  /** Asks for the block at once: whether the peer has the file it says in the same breath. */
  attach(channel: BlockChannel): void {
    this.#channel = channel
    if (this.#isOver) channel.close()
    else channel.want([0])
  }

  close(): void {
    this.#isOver = true
    this.#channel?.close()
  }

  opened({
    complete,
    bitmap,
    sizeBytes,
    takesFiles = false,
  }: Parameters<ChannelListener['opened']>[0]): void {
    if (this.#sizeBytes !== undefined) throw new SourceFault('BAD_RESPONSE', 'it opened the file twice')
    if (!complete && bitmap.length !== 1)
      throw new SourceFault('BAD_RESPONSE', 'its bitmap has a wrong length')
    if (sizeBytes > BLOCK_SIZE) throw new SourceFault('BAD_RESPONSE', 'it says that a block is too large')
    this.#sizeBytes = Number(sizeBytes)
    this.#events.opened(takesFiles)
    // An empty file is never asked for, and who has no size tells nothing that could be planned with.
    const has = complete || (bitmap[0]! & FIRST) !== 0
    if (!this.#isOver && (!has || this.#sizeBytes === 0)) this.#events.refused()
  }

  queued(position: number): void {
    this.#events.queued(position)
  }

  missing(indices: readonly number[]): void {
    this.#talk()
    if (indices.some((index) => index !== 0))
      throw new SourceFault('BAD_RESPONSE', 'it misses blocks that were not asked for')
    if (indices.length > 0 && !this.#isOver) this.#events.refused()
  }

  have(): void {
    this.#talk()
  }

  /** Of one block nobody has a part: who else fetches it is of no use. */
  takers(): void {
    this.#talk()
  }

  place(index: number, offset: number, room: number): Uint8Array {
    if (this.#sizeBytes === undefined)
      throw new SourceFault('BAD_RESPONSE', 'a block before its file was opened')
    if (index !== 0 || offset !== this.#received)
      throw new SourceFault('BAD_RESPONSE', `part of block ${index} out of order`)
    if (offset + room > this.#sizeBytes) throw new SourceFault('BAD_RESPONSE', 'the block is too large')
    this.#region ??= this.#events.begin(this.#sizeBytes)
    const from = this.#region.offset + offset
    return this.#region.slab.memory.subarray(from, from + room)
  }

  placed(count: number): void {
    // Taken back since it was said where the bytes go.
    if (this.#isOver) return
    this.#received += count
    this.#events.came(count)
    if (this.#received === this.#sizeBytes) this.#events.whole(this.#region!)
  }

  ended(error: ShoalError): void {
    if (this.#isOver) return
    if (error.code === 'NOT_FOUND') this.#events.refused()
    else this.#events.ended(error)
  }

  #talk(): void {
    if (++this.#messages > MAX_MESSAGES) throw new SourceFault('BAD_RESPONSE', 'it talks and sends nothing')
  }
}
