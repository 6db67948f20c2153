import type { Emitter } from '../../base/events.ts'
import { MIB } from '../../base/units.ts'
import { BLOCK_SIZE } from '../../content/cid.ts'
import type { Bitmap } from '../bitmap.ts'
import type { DiskThreads, FileChain } from './disk-threads.ts'

/** What is hashed of a file at once: long enough to be worth a message, short enough not to hold up blocks that wait. */
const STEP_BYTES = 4 * MIB

interface GrowingFile {
  readonly has: Bitmap
  readonly added: Emitter<number>
  readonly layout: { readonly sizeBytes: number }
}

/**
 * The SHA-256 of a whole file while it is being fetched: follows the blocks that are there from the front without a gap, so that little is left
 * to do when the last one has come.
 */
export class FileDigest {
  readonly #file: GrowingFile
  readonly #part: { readonly fd: number }
  readonly #chain: FileChain
  readonly #off: () => void
  readonly #isHurried: () => boolean
  #front = 0
  #working: Promise<void> | undefined
  #error: unknown
  #dropped = false
  #finishing = false

  /** @param isHurried while true nothing is hashed: the transfer itself needs the processor */
  constructor(
    file: GrowingFile,
    part: { readonly fd: number },
    disk: DiskThreads,
    isHurried: () => boolean = () => false,
  ) {
    this.#isHurried = isHurried
    this.#file = file
    this.#part = part
    this.#chain = disk.chain()
    this.#off = file.added.on(() => this.#start())
  }

  /** Bytes that are to be hashed yet. */
  get leftBytes(): number {
    return this.#file.layout.sizeBytes - this.#chain.position
  }

  /** The digest, hex; all blocks must be there. @throws ShoalError IO, INTERNAL; the signal's reason */
  async finish(signal: AbortSignal): Promise<string> {
    this.#finishing = true
    for (;;) {
      signal.throwIfAborted()
      await this.#working
      if (this.#error !== undefined) throw this.#error
      if (this.#chain.position === this.#file.layout.sizeBytes) break
      this.#start()
    }
    this.#off()
    return this.#chain.finish()
  }

  /** Not wanted any more. Resolves when the file is not read any more. Harmless when repeated. */
  async drop(): Promise<void> {
    if (this.#dropped) return
    this.#dropped = true
    this.#off()
    await this.#working
    this.#chain.drop()
  }

  #start(): void {
    if (this.#working || this.#error !== undefined || this.#dropped) return
    if (!this.#finishing && this.#isHurried()) return
    const { has, layout } = this.#file
    while (has.has(this.#front)) this.#front++
    const there = Math.min(this.#front * BLOCK_SIZE, layout.sizeBytes) - this.#chain.position
    if (there < (this.#finishing ? 1 : STEP_BYTES)) return
    this.#working = this.#step(this.#chain.position + Math.min(there, STEP_BYTES))
  }

  async #step(end: number): Promise<void> {
    try {
      await this.#chain.advance(this.#part.fd, end)
    } catch (error) {
      this.#error = error
    } finally {
      this.#working = undefined
    }
    this.#start()
  }
}
