import { KIB, MIB } from '../../base/units.ts'

/** A bucket holds what flows in within this time, ms: so much may pass at once after a pause, and so late may a timer be without a loss. */
const BURST_MS = 75

/** What passes in one turn: what flows in within this time, ms. Together with the burst less than 5 % of two seconds. */
const PIECE_MS = 25
const MIN_PIECE_BYTES = KIB
export const MAX_PIECE_BYTES = MIB

/** A token bucket for bytes; never overdrawn. Times are of a steady clock, ms. */
export class Bucket {
  #rate: number
  #tokens: number
  #atMs: number

  /** @param bytesPerSecond more than 0 */
  constructor(bytesPerSecond: number, nowMs: number) {
    this.#rate = bytesPerSecond
    this.#tokens = this.#capacity
    this.#atMs = nowMs
  }

  get bytesPerSecond(): number {
    return this.#rate
  }

  /** The most that may pass in one turn, bytes. */
  get pieceBytes(): number {
    return Math.floor(
      Math.max(MIN_PIECE_BYTES, Math.min((this.#rate * PIECE_MS) / 1000, MAX_PIECE_BYTES, this.#capacity)),
    )
  }

  setRate(bytesPerSecond: number, nowMs: number): void {
    this.#fill(nowMs)
    this.#rate = bytesPerSecond
    this.#tokens = Math.min(this.#tokens, this.#capacity)
  }

  /** Ms until so many bytes, at most a piece, may pass; 0 for now. */
  waitMs(bytes: number, nowMs: number): number {
    this.#fill(nowMs)
    return this.#tokens >= bytes ? 0 : ((bytes - this.#tokens) / this.#rate) * 1000
  }

  /** Only after {@link waitMs} said 0. */
  take(bytes: number): void {
    this.#tokens -= bytes
  }

  get #capacity(): number {
    return Math.max(MIN_PIECE_BYTES, (this.#rate * BURST_MS) / 1000)
  }

  #fill(nowMs: number): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + ((nowMs - this.#atMs) / 1000) * this.#rate)
    this.#atMs = nowMs
  }
}

/** A bucket that several peers share. */
export class SharedBucket extends Bucket {
  /** How far those who share it have been served; FairShare keeps it. */
  virtualNow = 0
}
