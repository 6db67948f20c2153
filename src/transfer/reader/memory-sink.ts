import { Bitmap } from '../bitmap.ts'
import type { BlockMemory } from '../disk/block-memory.ts'
import type { FetchSink } from '../fetch-sink.ts'
import type { FetchTarget } from '../fetch-target.ts'

export interface MemorySinkSetup {
  readonly target: FetchTarget
  readonly memory: Pick<BlockMemory, 'give'>
  /** Whether a block that came again is there still. */
  readonly isKept: (index: number) => boolean
  /** A verified block; taken over. */
  readonly onBlock: (index: number, bytes: Uint8Array) => void
}

/** Verifies blocks and hands them on. Nothing touches the disk. */
export class MemorySink implements FetchSink {
  /** None: what is handed on may be forgotten at any time. */
  readonly has: Bitmap
  /** Memory does not fail. */
  readonly failed = new Promise<never>(() => {})
  readonly isBehind = false
  readonly #setup: MemorySinkSetup
  /** Verified, between `store` and `stored`. */
  readonly #fresh = new Map<number, Uint8Array>()
  #writingBytes = 0

  constructor(setup: MemorySinkSetup) {
    this.#setup = setup
    this.has = new Bitmap(setup.target.blockCount)
  }

  get writingBytes(): number {
    return this.#writingBytes
  }

  async store(index: number, bytes: Uint8Array): Promise<boolean> {
    const { target, memory } = this.#setup
    this.#writingBytes += bytes.length
    try {
      // Received blocks lie in memory that is used again. Hashed here: the threads that hash for downloads would cost more memory than all that is read.
      const block = Buffer.from(bytes)
      if (!target.verify(index, block)) return false
      if (!this.#setup.isKept(index)) this.#fresh.set(index, block)
      return true
    } finally {
      this.#writingBytes -= bytes.length
      memory.give(bytes)
    }
  }

  stored(index: number): void {
    const bytes = this.#fresh.get(index)
    this.#fresh.delete(index)
    if (bytes) this.#setup.onBlock(index, bytes)
  }
}
