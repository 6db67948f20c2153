import type { Clock, Timer } from '../../base/clock.ts'
import { KIB } from '../../base/units.ts'
import { BLOCK_SIZE } from '../../content/cid.ts'

/** Up to this a block is hashed where it is: handing it to another thread would take longer. */
export const SMALL_BLOCK_BYTES = 64 * KIB

/** Unused for this long, memory is given back, ms. */
const IDLE_MS = 10_000

/**
 * Where blocks are put together: memory that all threads see, so that a block is hashed and written by another thread without being copied or handed
 * over (V8 counts memory that changes hands as new, and collects garbage for it). Bytes are to be put there by native code: V8 itself copies into such
 * memory four times as slowly. Used again and again; how much there is at once is bounded by what is asked for (ByteBudget).
 */
export class BlockMemory {
  readonly #clock: Clock
  readonly #free: SharedArrayBuffer[] = []
  #used = 0
  #sweep: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Memory for a block of so many bytes. */
  take(bytes: number): Uint8Array {
    if (bytes <= SMALL_BLOCK_BYTES) return new Uint8Array(bytes)
    this.#used++
    return new Uint8Array(this.#free.pop() ?? new SharedArrayBuffer(BLOCK_SIZE), 0, bytes)
  }

  /** Gives it back: nobody may use it any more. */
  give(block: Uint8Array): void {
    if (!isShared(block)) return
    this.#used--
    this.#free.push(block.buffer)
    if (this.#used > 0) return
    this.#sweep?.cancel()
    this.#sweep = this.#clock.schedule(() => {
      if (this.#used === 0) this.#free.length = 0
    }, IDLE_MS)
  }

  /** It is not wanted any more, and somebody may still write to it: it is left to the garbage collector. */
  lose(): void {
    this.#used--
  }

  getDebugState(): Record<string, number> {
    return { used: this.#used, free: this.#free.length }
  }
}

/** Whether a block lies in memory that other threads see. */
export function isShared(block: Uint8Array): block is Uint8Array<SharedArrayBuffer> {
  return block.buffer instanceof SharedArrayBuffer
}
