import type { ShoalError } from '../../base/errors.ts'
import { BLOCK_SIZE, DIGEST_SIZE } from '../../content/cid.ts'
import type { BlockChannel, ChannelListener } from '../line/channel.ts'
import { SourceFault } from '../source-fault.ts'
import { Slab } from './slab.ts'
import type { SmallFile } from './small-file.ts'

/** What files that were asked for together tell their source. */
export interface AskedFilesEvents {
  queued(position: number): void
  /** Memory of a block for files that begin to come. */
  memory(): Uint8Array<SharedArrayBuffer>
  came(bytes: number): void
  /** A group has come. @param slab holds those that are not refused; undefined when all are */
  group(slab: Slab | undefined, refused: readonly SmallFile[]): void
  ended(error: ShoalError): void
}

/** The group that is coming. */
interface Coming {
  readonly slab: Slab
  readonly files: number
  readonly refused: readonly SmallFile[]
  readonly bytes: number
}

/** Many small files asked for in one message at one peer, until the last has come. Lets nothing through that was not asked for. */
export class AskedFiles implements ChannelListener {
  readonly files: readonly SmallFile[]
  readonly askedMs: number
  readonly #events: AskedFilesEvents
  #channel: BlockChannel | undefined
  /** Files of the groups that have come. */
  #done = 0
  /** Groups that were begun. */
  #groups = 0
  #coming: Coming | undefined
  #received = 0
  #isOver = false

  /** @param askedMs of a monotonic clock */
  constructor(files: readonly SmallFile[], askedMs: number, events: AskedFilesEvents) {
    this.files = files
    this.askedMs = askedMs
    this.#events = events
  }

  /** What to ask with. */
  get digests(): Uint8Array {
    const digests = new Uint8Array(DIGEST_SIZE * this.files.length)
    for (const [at, { digest }] of this.files.entries()) digests.set(digest, DIGEST_SIZE * at)
    return digests
  }

  get hasBegun(): boolean {
    return this.#groups > 0
  }

  /** Files of which it is not known what becomes of them. */
  get rest(): readonly SmallFile[] {
    return this.files.slice(this.#done)
  }

  /** See {@link BlockChannel.isHeld}. */
  get isHeld(): boolean {
    return this.#channel?.isHeld === true
  }

  attach(channel: BlockChannel): void {
    this.#channel = channel
  }

  /** Nothing more is wanted. @returns memory that was being filled, which is to be left alone */
  close(): Slab | undefined {
    const slab = this.#coming?.slab
    this.#coming = undefined
    this.#isOver = true
    this.#channel?.close()
    slab?.abandonAll()
    return slab
  }

  queued(position: number): void {
    this.#events.queued(position)
  }

  group(sizes: readonly number[]): void {
    if (this.#isOver) return
    if (this.#coming) throw bad('a group of files before the last one was whole')
    const files = this.files.slice(this.#done, this.#done + sizes.length)
    if (sizes.length === 0 || files.length < sizes.length) throw bad('files that were not asked for')
    const bytes = sizes.reduce((sum, size) => sum + Math.max(0, size - 1), 0)
    if (bytes > BLOCK_SIZE) throw bad('a group of files is too large')
    this.#groups++
    // An empty file is never asked for.
    const refused = files.filter((_, at) => sizes[at]! <= 1)
    if (bytes === 0) {
      this.#end(files.length, undefined, refused)
      return
    }
    const slab = new Slab(this.#events.memory())
    for (const [at, file] of files.entries()) if (sizes[at]! > 1) slab.begin(file, sizes[at]! - 1)
    this.#coming = { slab, files: files.length, refused, bytes }
    this.#received = 0
  }

  place(index: number, offset: number, room: number): Uint8Array {
    const coming = this.#coming
    if (!coming || index !== this.#groups - 1 || offset !== this.#received)
      throw bad(`bytes of group ${index} out of order`)
    if (offset + room > coming.bytes) throw bad('a group of files is longer than it said')
    return coming.slab.memory.subarray(offset, offset + room)
  }

  placed(count: number): void {
    const coming = this.#coming
    // Taken back since it was said where the bytes go.
    if (!coming) return
    this.#received += count
    this.#events.came(count)
    if (this.#received < coming.bytes || this.#coming !== coming) return
    coming.slab.fillAll()
    this.#coming = undefined
    this.#end(coming.files, coming.slab, coming.refused)
  }

  opened(): void {
    throw bad('it opened what was not asked to be')
  }

  missing(): void {
    throw bad('it misses blocks that were not asked for')
  }

  have(): void {
    throw bad('it has blocks that were not asked for')
  }

  takers(): void {
    throw bad('it tells of others who take what is taken as a whole')
  }

  ended(error: ShoalError): void {
    if (!this.#isOver) this.#events.ended(error)
  }

  #end(files: number, slab: Slab | undefined, refused: readonly SmallFile[]): void {
    this.#done += files
    if (this.#done === this.files.length) this.close()
    this.#events.group(slab, refused)
  }
}

function bad(what: string): SourceFault {
  return new SourceFault('BAD_RESPONSE', what)
}
