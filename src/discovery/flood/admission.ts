import type { Clock } from '../../base/clock.ts'
import type { FloodOptions, Rate } from './options.ts'

/**
 * How many foreign queries a node works for: so many from each neighbour and so many in all (token buckets), so that none of them
 * takes what belongs to the others, and all together not what belongs to the node's own searches, which are never counted.
 */
export class Admission {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #options: Pick<FloodOptions, 'neighbourRate' | 'totalRate'>
  readonly #neighbours = new Map<string, Bucket>()
  readonly #total: Bucket
  #refused = 0

  constructor(clock: Pick<Clock, 'monotonic'>, options: Pick<FloodOptions, 'neighbourRate' | 'totalRate'>) {
    this.#clock = clock
    this.#options = options
    this.#total = { tokens: options.totalRate.burst, atMs: clock.monotonic() }
  }

  /** Queries refused so far. */
  get refused(): number {
    return this.#refused
  }

  /** Whether one more query of the neighbour is worked for. */
  admit(peerId: string): boolean {
    const { neighbourRate, totalRate } = this.#options
    const now = this.#clock.monotonic()
    const own = this.#neighbours.get(peerId) ?? { tokens: neighbourRate.burst, atMs: now }
    this.#neighbours.set(peerId, own)
    refill(own, neighbourRate, now)
    refill(this.#total, totalRate, now)
    if (own.tokens < 1 || this.#total.tokens < 1) {
      this.#refused++
      return false
    }
    own.tokens--
    this.#total.tokens--
    return true
  }

  /** Forgets a neighbour that has gone. */
  forget(peerId: string): void {
    this.#neighbours.delete(peerId)
  }
}

interface Bucket {
  tokens: number
  atMs: number
}

function refill(bucket: Bucket, { perSecond, burst }: Rate, now: number): void {
  bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.atMs) / 1000) * perSecond)
  bucket.atMs = now
}
