import type { Clock, Timer } from '../../base/clock.ts'
import { KIB } from '../../base/units.ts'
import { BLOCK_SIZE } from '../../content/cid.ts'

/** Up to this a block is hashed where it is: handing it to another thread would take longer. */
export const SMALL_BLOCK_BYTES = 64 * KIB

/** Unused for this long, memory is given back, ms. */
const IDLE_MS = 10_000

/**
 * Where blocks are put together: memory that is handed to another thread as a whole, so that a block is hashed and written there without being copied, and
 * comes back to be used again. Not memory that both threads see: V8 copies into that four times as slowly. How much there is at once is bounded by what is
 * asked for (ByteBudget).
 */
export class BlockMemory {
  readonly #clock: Clock
  readonly #free: ArrayBuffer[] = []
  #used = 0
  #sweep: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Memory for a block of so many bytes. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    if (bytes <= SMALL_BLOCK_BYTES) return new Uint8Array(bytes)
    this.#used++
    return new Uint8Array(this.#free.pop() ?? new ArrayBuffer(BLOCK_SIZE), 0, bytes)
  }

  /** Gives it back: nobody may use it any more. */
  give(block: Uint8Array<ArrayBuffer>): void {
    if (!isWholeBuffer(block)) return
    this.#used--
    this.#free.push(block.buffer)
    if (this.#used > 0) return
    this.#sweep?.cancel()
    this.#sweep = this.#clock.schedule(() => {
      if (this.#used === 0) this.#free.length = 0
    }, IDLE_MS)
  }

  /** It went to a thread and did not come back. */
  lose(): void {
    this.#used--
  }

  getDebugState(): Record<string, number> {
    return { used: this.#used, free: this.#free.length }
  }
}

/** Whether a block lies in memory of its own, which may be handed to another thread. */
export function isWholeBuffer(block: Uint8Array<ArrayBuffer>): boolean {
  return block.buffer.byteLength === BLOCK_SIZE && block.byteLength > SMALL_BLOCK_BYTES
}
