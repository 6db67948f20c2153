/** A bucket holds what flows in within this time: so much may pass at once after a pause. */
const BURST_MS = 100

/**
 * A token bucket for bytes. It may be overdrawn by one chunk, which is paid back before the next: what passes over a longer time is exact
 * whatever the size of chunks. Times are of a steady clock, ms.
 */
export class TokenBucket {
  /** Bytes a second; 0 = no limit. */
  #rate: number
  #tokens: number
  #atMs: number

  constructor(bytesPerSecond: number, nowMs: number) {
    this.#rate = bytesPerSecond
    this.#tokens = this.#burst
    this.#atMs = nowMs
  }

  get bytesPerSecond(): number {
    return this.#rate
  }

  setRate(bytesPerSecond: number, nowMs: number): void {
    this.#fill(nowMs)
    this.#rate = bytesPerSecond
    this.#tokens = Math.min(this.#tokens, this.#burst)
  }

  /** Ms until the next chunk may pass; 0 for now. */
  waitMs(nowMs: number): number {
    if (this.#rate === 0) return 0
    this.#fill(nowMs)
    return this.#tokens > 0 ? 0 : ((1 - this.#tokens) / this.#rate) * 1000
  }

  take(bytes: number, nowMs: number): void {
    if (this.#rate === 0) return
    this.#fill(nowMs)
    this.#tokens -= bytes
  }

  get #burst(): number {
    return Math.max(1, (this.#rate * BURST_MS) / 1000)
  }

  #fill(nowMs: number): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + ((nowMs - this.#atMs) / 1000) * this.#rate)
    this.#atMs = nowMs
  }
}
