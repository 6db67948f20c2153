import type { Emitter } from '../base/events.ts'
import { BLOCK_SIZE } from '../content/cid.ts'
import { blockCount, blockSize, type FileLayout } from '../content/manifest.ts'
import { verifyBlock } from '../content/verify.ts'
import type { Bitmap } from './bitmap.ts'
import type { OpenFiles, StatedRead } from './open-files.ts'
import type { PartialFile } from './partials.ts'
import type { FileStat } from './ports.ts'

/** A file that blocks are sent from. */
export interface ServedFile {
  readonly blockCount: number
  /** What it has; undefined = everything. */
  readonly has: Bitmap | undefined
  /** Tells of blocks that are added; undefined for a complete file. */
  readonly added: Emitter<number> | undefined
  /** A block, right as far as can be known; undefined when it cannot be given. */
  read(index: number): Promise<Uint8Array | undefined>
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
  readonly blockCount: number
  readonly #setup: SharedFileSetup
  readonly #stale = new Set<string>()
  /** Places whose bytes are known to be wrong, whatever their stat says. */
  readonly #distrusted = new Set<string>()
  readonly release: () => void

  constructor(setup: SharedFileSetup) {
    this.#setup = setup
    this.blockCount = blockCount(setup.layout)
    this.release = setup.damaged?.on((absPath) => this.#distrusted.add(absPath)) ?? (() => {})
  }

  async read(index: number): Promise<Uint8Array | undefined> {
    for (const place of this.#setup.places) {
      const bytes = await this.#readAt(place, index)
      if (bytes) return bytes
    }
    return undefined
  }

  async #readAt({ absPath, stat: known }: FilePlace, index: number): Promise<Uint8Array | undefined> {
    const { layout, files } = this.#setup
    const length = blockSize(layout, index)
    try {
      let found = await files.read(absPath, index * BLOCK_SIZE, length)
      if (found.stat.ino !== known.ino) {
        // Another file took the name while the old one was still open here.
        files.forget(absPath)
        found = await files.read(absPath, index * BLOCK_SIZE, length)
      }
      const isUntouched = isUnchanged(found, known) && found.bytes.length === length
      if (isUntouched && !this.#distrusted.has(absPath)) return found.bytes
      if (!isUntouched) this.#noteStale(absPath)
      return verifyBlock(layout, index, found.bytes) ? found.bytes : undefined
    } catch {
      // Gone, or not readable: whichever, this place has nothing to give.
      this.#noteStale(absPath)
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
  readonly #file: PartialFile
  readonly release: () => void

  constructor(file: PartialFile) {
    this.#file = file
    this.has = file.has
    this.added = file.added
    this.blockCount = blockCount(file.layout)
    this.release = file.hold()
  }

  async read(index: number): Promise<Uint8Array | undefined> {
    if (!this.has.has(index)) return undefined
    return this.#file.read(index).catch(() => undefined)
  }
}
