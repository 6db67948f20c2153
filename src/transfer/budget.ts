import { BLOCK_SIZE } from '../content/cid.ts'

/** One taker's part of a {@link ByteBudget}. */
export interface BudgetShare {
  /** Bytes that may be taken beyond those that are. */
  room(): number
  /** Says how many bytes are taken now, all together. */
  set(bytes: number): void
  /** Gives everything back. */
  leave(): void
}

/**
 * The bytes that all downloads together may have asked for and not yet written. Each one that takes part may use an equal share, so that a
 * fast download cannot starve another; however many there are, each gets at least one block.
 */
export class ByteBudget {
  readonly totalBytes: number
  readonly #taken = new Map<symbol, number>()
  #takenBytes = 0

  constructor(totalBytes: number) {
    this.totalBytes = totalBytes
  }

  get takenBytes(): number {
    return this.#takenBytes
  }

  join(): BudgetShare {
    const key = Symbol()
    const own = () => this.#taken.get(key) ?? 0
    this.#taken.set(key, 0)
    return {
      room: () => {
        const share = Math.max(this.totalBytes / this.#taken.size, BLOCK_SIZE)
        return Math.max(0, Math.min(this.totalBytes - this.#takenBytes, share - own()))
      },
      set: (bytes) => {
        if (!this.#taken.has(key)) return
        this.#takenBytes += bytes - own()
        this.#taken.set(key, bytes)
      },
      leave: () => {
        this.#takenBytes -= own()
        this.#taken.delete(key)
      },
    }
  }
}
