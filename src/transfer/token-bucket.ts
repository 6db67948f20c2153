import type { Clock } from '../base/clock.ts'

/** So many at once, then so many a second. */
export class TokenBucket {
  readonly #clock: Clock
  readonly #burst: number
  readonly #perSecond: number
  #tokens: number
  #atMs: number

  constructor(clock: Clock, burst: number, perSecond: number) {
    this.#clock = clock
    this.#burst = burst
    this.#perSecond = perSecond
    this.#tokens = burst
    this.#atMs = clock.monotonic()
  }

  /** Takes one; false when there is none. */
  take(): boolean {
    const nowMs = this.#clock.monotonic()
    const gained = ((nowMs - this.#atMs) / 1000) * this.#perSecond
    this.#atMs = nowMs
    this.#tokens = Math.min(this.#burst, this.#tokens + gained)
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}
