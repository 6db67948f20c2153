import type { Clock } from '../base/clock.ts'

export interface Rate {
  /** Tokens that come back a second. */
  readonly perSecond: number
  /** Tokens that can be saved up. */
  readonly burst: number
}

/** Callers remembered at once. Beyond it the one that was idle longest is forgotten, and starts again with a full bucket. */
const MAX_KEYS = 50_000

interface Bucket {
  tokens: number
  atMs: number
}

/** One token bucket for each caller, by any key. https://en.wikipedia.org/wiki/Token_bucket */
export class RateLimiter {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #rate: Rate
  readonly #maxKeys: number
  /** In order of last use. */
  readonly #buckets = new Map<string, Bucket>()
  #refused = 0

  constructor(clock: Pick<Clock, 'monotonic'>, rate: Rate, maxKeys = MAX_KEYS) {
    this.#clock = clock
    this.#rate = rate
    this.#maxKeys = maxKeys
  }

  /** Takes one token. False when there is none: refuse. */
  tryTake(key: string): boolean {
    const bucket = this.#refill(key)
    if (bucket.tokens < 1) {
      this.#refused++
      return false
    }
    bucket.tokens -= 1
    return true
  }

  /** Takes `count` tokens, on credit if need be. @returns ms to wait before going on, so that the rate is kept */
  takeOnCredit(key: string, count: number): number {
    const bucket = this.#refill(key)
    bucket.tokens -= count
    return bucket.tokens >= 0 ? 0 : (-bucket.tokens / this.#rate.perSecond) * 1000
  }

  /** How many times there was no token, over all callers. */
  get refused(): number {
    return this.#refused
  }

  get size(): number {
    return this.#buckets.size
  }

  #refill(key: string): Bucket {
    const { perSecond, burst } = this.#rate
    const now = this.#clock.monotonic()
    const bucket = this.#buckets.get(key) ?? { tokens: burst, atMs: now }
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.atMs) / 1000) * perSecond)
    bucket.atMs = now
    this.#buckets.delete(key)
    if (this.#buckets.size >= this.#maxKeys) this.#buckets.delete(this.#buckets.keys().next().value!)
    this.#buckets.set(key, bucket)
    return bucket
  }
}
