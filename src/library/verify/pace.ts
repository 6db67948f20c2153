import { type Clock, sleep } from '../../base/clock.ts'

/** While the node has something else to do, one reader goes on, and rests so many times as long as it read. */
const REST_FACTOR = 3
/** Longest rest, ms: a disk that hung for a minute is no reason to wait three. */
const MAX_REST_MS = 2000
/** How often readers that rest look whether the node is still busy, or the rate another one, ms. */
const LOOK_MS = 250

export interface PaceParts {
  readonly clock: Clock
  /** The node serves, fetches, scans or hashes: that goes first. */
  readonly isBusy: () => boolean
  /** Most that is read a second; 0 = as much as goes. Asked each time, since the setting can change. */
  readonly bytesPerSecond: () => number
}

/** Keeps verifying out of the way of everything else that the node does. */
export class Pace {
  readonly #parts: PaceParts
  /** Bytes that were read and that the rate has not allowed yet, as of a moment of the steady clock, ms. */
  #debtBytes = 0
  #atMs = 0

  constructor(parts: PaceParts) {
    this.#parts = parts
  }

  /** Waits until a reader may read so many bytes. @param reader from 0 on; the first one goes on while the node is busy */
  async before(reader: number, bytes: number, signal: AbortSignal): Promise<void> {
    const { clock, isBusy, bytesPerSecond } = this.#parts
    while (reader > 0 && isBusy()) await sleep(clock, LOOK_MS, signal)
    // In short sleeps: the rate may change, and at a very low one the whole wait is longer than a timer can be.
    for (let rate = bytesPerSecond(); this.#owes(rate); rate = bytesPerSecond())
      await sleep(clock, Math.min(LOOK_MS, (this.#debtBytes * 1000) / rate), signal)
    this.#debtBytes += bytes
  }

  #owes(rate: number): boolean {
    const nowMs = this.#parts.clock.monotonic()
    const allowedBytes = rate > 0 ? ((nowMs - this.#atMs) * rate) / 1000 : Number.POSITIVE_INFINITY
    this.#debtBytes = Math.max(0, this.#debtBytes - allowedBytes)
    this.#atMs = nowMs
    // Less than a byte is what rounding leaves.
    return this.#debtBytes >= 1
  }

  /** Rests after a read that took so long. */
  async after(tookMs: number, signal: AbortSignal): Promise<void> {
    const { clock, isBusy } = this.#parts
    if (isBusy()) await sleep(clock, Math.min(MAX_REST_MS, REST_FACTOR * tookMs), signal)
  }
}
