import { BLOCK_SIZE } from '../content/cid.ts'

export interface WindowOptions {
  readonly initialWindowBytes: number
  readonly minWindowBytes: number
  readonly maxWindowBytes: number
}

/** How long the shortest delivery time is believed, ms, and at least so many times itself: roads change. BBR takes 10 s too. */
const VALID_MS = 10_000
const VALID_TIMES = 20

/** Share of a new sample in the smoothed rate. */
const RATE_WEIGHT = 0.25

/** Deliveries closer together than this are one sample, ms: the clock is not finer, and a burst says little. */
const MIN_SAMPLE_MS = 20

/** What a source sends in this time, but not more than so many bytes, may be asked for at once: a fast one near by gets a message for several blocks in place of one for each. */
const BATCH_MS = 50
const BATCH_BYTES = 10 * BLOCK_SIZE

/** A source that delivers in less is near by, ms. */
const NEAR_MS = 16

/**
 * How many bytes should be in flight at one source: twice its rate times its shortest time from request to delivery, or what it sends in {@link BATCH_MS},
 * {@link BATCH_BYTES} at most, where that is more, and one block more.
 * While requests wait in nobody's queue the delivery time is the shortest and the window doubles from delivery to delivery; once it has twice the
 * shortest, more would only wait at the source, and the window stays.
 *
 * The shortest time is measured anew now and then. For that the window goes down to one block until one was asked for alone: with others before it, its time
 * would be that of the queue, and the window would grow without end. (As BBR does: draft-ietf-ccwg-bbr, ProbeRTT.)
 */
export class RequestWindow {
  readonly #options: WindowOptions
  #rateBytesPerSecond: number | undefined
  #sampleBytes = 0
  #sampleStartMs: number | undefined
  #shortestMs: number | undefined
  #shortestAtMs = 0
  #probing = false

  constructor(options: WindowOptions) {
    this.#options = options
  }

  /** Smoothed rate of delivery; undefined before two deliveries. */
  get rateBytesPerSecond(): number | undefined {
    return this.#rateBytesPerSecond
  }

  get windowBytes(): number {
    const { initialWindowBytes, minWindowBytes, maxWindowBytes } = this.#options
    if (this.#probing) return BLOCK_SIZE
    if (this.#rateBytesPerSecond === undefined || this.#shortestMs === undefined) return initialWindowBytes
    const bytesPerMs = this.#rateBytesPerSecond / 1000
    const inFlight = Math.max(bytesPerMs * 2 * this.#shortestMs, Math.min(bytesPerMs * BATCH_MS, BATCH_BYTES))
    return Math.min(maxWindowBytes, Math.max(minWindowBytes, inFlight + BLOCK_SIZE))
  }

  /**
   * More is asked for when no more than this is in flight, so that a message is for several blocks where there is room for several. What fills a long line must not
   * fall by much; from a source near by half is soon enough, and when it is one of several its window has room for few blocks.
   */
  get askBelowBytes(): number {
    const { windowBytes } = this
    const isNear = this.#shortestMs !== undefined && this.#shortestMs < NEAR_MS
    return Math.max(0, Math.min((isNear ? 0.5 : 0.75) * windowBytes, windowBytes - BLOCK_SIZE))
  }

  /** Requests go out after a time in which none was out: time until now says nothing about the rate. */
  started(nowMs: number): void {
    this.#sampleStartMs = nowMs
    this.#sampleBytes = 0
  }

  /** Bytes came in. */
  arrived(bytes: number, nowMs: number): void {
    this.#sampleStartMs ??= nowMs
    this.#sampleBytes += bytes
    const spanMs = nowMs - this.#sampleStartMs
    if (spanMs < MIN_SAMPLE_MS) return
    const rate = (this.#sampleBytes * 1000) / spanMs
    const before = this.#rateBytesPerSecond
    this.#rateBytesPerSecond = before === undefined ? rate : before + (rate - before) * RATE_WEIGHT
    this.#sampleStartMs = nowMs
    this.#sampleBytes = 0
  }

  /**
   * A block is whole.
   *
   * @param tookMs time since it was asked for
   * @param alone nothing else was in flight when it was asked for
   */
  delivered(tookMs: number, nowMs: number, alone: boolean): void {
    const shortestMs = this.#shortestMs
    if (shortestMs === undefined || tookMs <= shortestMs || (this.#probing && alone)) {
      this.#shortestMs = tookMs
      this.#shortestAtMs = nowMs
      this.#probing = false
    } else if (nowMs - this.#shortestAtMs > Math.max(VALID_MS, VALID_TIMES * shortestMs)) {
      this.#probing = true
    }
  }
}
