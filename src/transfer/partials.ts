import { Emitter } from '../base/events.ts'
import type { FileLayout } from '../content/manifest.ts'
import type { Bitmap } from './bitmap.ts'
import type { ComingView } from './parts/coming-blocks.ts'

/** A file that is being fetched, as a source for others: what is verified and written may be read. */
export interface PartialFile {
  readonly layout: FileLayout
  /** Blocks that can be read; grows. */
  readonly has: Bitmap
  /** A block became readable. */
  readonly added: Emitter<number>
  /** Blocks of which there is a part. */
  readonly coming: ComingView
  /** Fills `block` with a block; false when the disk does not give it back as it was. @throws IO */
  readInto(index: number, block: Uint8Array): Promise<boolean>
  /** Of the blocks that are missing these are fetched first, in this order; replaces what was said before. */
  urgent(indices: readonly number[]): void
  /** Keeps it readable, after the download has ended too, until the returned function is called. */
  hold(): () => void
}

/** The running downloads that others may read from, by CID. As many as there are running files. */
export class Partials {
  /** CID of a file that is offered now, or is not any more. */
  readonly changes = new Emitter<string>()
  readonly #files = new Map<string, PartialFile>()

  /** Offers a file until the returned function is called. Of two with the same CID the first is offered. */
  add(file: PartialFile): () => void {
    const { cid } = file.layout
    if (!this.#files.has(cid)) {
      this.#files.set(cid, file)
      this.changes.emit(cid)
    }
    return () => {
      if (this.#files.get(cid) !== file) return
      this.#files.delete(cid)
      this.changes.emit(cid)
    }
  }

  get(cid: string): PartialFile | undefined {
    return this.#files.get(cid)
  }
}
