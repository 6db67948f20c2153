import type { Clock } from '../base/clock.ts'

/** Longest work without a pause, ms: short enough that a request never notices, long enough that pauses cost nothing. */
const SLICE_MS = 10

/** Lets a long job on the main thread give way to whatever waits. */
export class Slices {
  readonly #clock: Clock
  #beganMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#beganMs = clock.monotonic()
  }

  /** Call often; returns at once until the slice is used up. */
  async breathe(signal?: AbortSignal): Promise<void> {
    if (this.#clock.monotonic() - this.#beganMs < SLICE_MS) return
    await new Promise((resolve) => setImmediate(resolve))
    signal?.throwIfAborted()
    this.#beganMs = this.#clock.monotonic()
  }
}
