import { ShoalError } from '../base/errors.ts'
import type { Emitter } from '../base/events.ts'
import { BLOCK_SIZE } from '../content/cid.ts'
import { blockCount, blockSize, type FileLayout } from '../content/manifest.ts'
import { verifyBlock } from '../content/verify.ts'
import type { Bitmap } from './bitmap.ts'
import type { OpenFiles, StatedRead } from './open-files.ts'
import type { PartialFile } from './partials.ts'
import type { ComingView } from './parts/coming-blocks.ts'
import type { FileStat } from './ports.ts'
import { SMALL_READ_BYTES, type SmallReads } from './small/small-reads.ts'

/** A file that blocks are sent from. */
export interface ServedFile {
  readonly blockCount: number
  readonly sizeBytes: number
  /** Bytes of a block. */
  sizeOf(index: number): number
  /** What it has; undefined = everything. */
  readonly has: Bitmap | undefined
  /** Tells of blocks that are added; undefined for a complete file. */
  readonly added: Emitter<number> | undefined
  /** Blocks of which there is a part; undefined for a complete file. */
  readonly coming: ComingView | undefined
  /**
   * Reads a block, right as far as can be known, into the front of `into`, which has room for it.
   *
   * @returns its bytes; undefined when it cannot be given
   */
  readInto(index: number, into: Uint8Array): Promise<number | undefined>
  /** It is not read any more. */
  release(): void
}

/** A path where a shared file lies, and its stat when it was hashed. */
export interface FilePlace {
  readonly absPath: string
  readonly stat: FileStat
}

export interface SharedFileSetup {
  readonly layout: FileLayout
  /** Where it lies; further places are tried when the first one fails. */
  readonly places: readonly FilePlace[]
  readonly files: OpenFiles
  /** For files that are read as a whole; undefined: they are like all others. */
  readonly small?: Pick<SmallReads, 'read'> | undefined
  /** A place does not hold what it should. Told once a place. */
  readonly onStale: (absPath: string) => void
  /** Tells of paths whose bytes turn out to be wrong though their stat is right. */
  readonly damaged?: Emitter<string> | undefined
}

/**
 * A file of the library. Its bytes are trusted while its stat is that of when it was hashed; after a change each block is hashed before it
 * is sent, so that this node never sends wrong bytes for a file that its owner edits. The same when the bytes are found to be wrong without a
 * change while somebody fetches them.
 */
export class SharedFile implements ServedFile {
  readonly has = undefined
  readonly added = undefined
  readonly coming = undefined
  readonly blockCount: number
  readonly sizeBytes: number
  readonly #setup: SharedFileSetup
  readonly #stale = new Set<string>()
  /** Places whose bytes are known to be wrong, whatever their stat says. */
  readonly #distrusted = new Set<string>()
  readonly release: () => void

  constructor(setup: SharedFileSetup) {
    this.#setup = setup
    this.blockCount = blockCount(setup.layout)
    this.sizeBytes = setup.layout.sizeBytes
    this.release = setup.damaged?.on((absPath) => this.#distrusted.add(absPath)) ?? (() => {})
  }

  sizeOf(index: number): number {
    return blockSize(this.#setup.layout, index)
  }

  async readInto(index: number, into: Uint8Array): Promise<number | undefined> {
    for (const place of this.#setup.places) {
      const length = await this.#readAt(place, index, into)
      if (length !== undefined) return length
    }
    return undefined
  }

  /** A block in memory of its own. */
  async read(index: number): Promise<Uint8Array | undefined> {
    const block = Buffer.allocUnsafeSlow(this.sizeOf(index))
    return (await this.readInto(index, block)) === undefined ? undefined : block
  }

  async #readAt(
    { absPath, stat: known }: FilePlace,
    index: number,
    into: Uint8Array,
  ): Promise<number | undefined> {
    const { layout, files, small } = this.#setup
    const length = this.sizeOf(index)
    const block = into.subarray(0, length)
    try {
      const isSmall = this.blockCount === 1 && length <= SMALL_READ_BYTES
      let found = await (isSmall && small
        ? small.read(absPath, block)
        : files.readInto(absPath, index * BLOCK_SIZE, block))
      if (found.stat.ino !== known.ino) {
        // Another file took the name while the old one was still open here.
        files.forget(absPath)
        found = await files.readInto(absPath, index * BLOCK_SIZE, block)
      }
      const isUntouched = isUnchanged(found, known) && found.length === length
      if (isUntouched && !this.#distrusted.has(absPath)) return length
      if (!isUntouched) this.#noteStale(absPath)
      return found.length === length && verifyBlock(layout, index, block) ? length : undefined
    } catch (error) {
      // Gone, or not readable: whichever, this place has nothing to give. That a thread has ended says nothing of the file.
      if (!(error instanceof ShoalError)) this.#noteStale(absPath)
      return undefined
    }
  }

  #noteStale(absPath: string): void {
    if (this.#stale.has(absPath)) return
    this.#stale.add(absPath)
    this.#setup.onStale(absPath)
  }
}

function isUnchanged({ stat }: StatedRead, known: FileStat): boolean {
  return stat.size === known.size && stat.mtimeMs === known.mtimeMs && stat.ino === known.ino
}

/** A running download as a source for others. */
export class SharedPartial implements ServedFile {
  readonly blockCount: number
  readonly has: Bitmap
  readonly added: Emitter<number>
  readonly coming: PartialFile['coming']
  readonly sizeBytes: number
  readonly #file: PartialFile
  readonly release: () => void

  constructor(file: PartialFile) {
    this.#file = file
    this.has = file.has
    this.added = file.added
    this.coming = file.coming
    this.blockCount = blockCount(file.layout)
    this.sizeBytes = file.layout.sizeBytes
    this.release = file.hold()
  }

  sizeOf(index: number): number {
    return blockSize(this.#file.layout, index)
  }

  async readInto(index: number, into: Uint8Array): Promise<number | undefined> {
    if (!this.has.has(index)) return undefined
    const block = into.subarray(0, this.sizeOf(index))
    const isRight = await this.#file.readInto(index, block).catch(() => false)
    return isRight ? block.length : undefined
  }
}
