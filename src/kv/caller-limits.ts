import type { Clock } from '../base/clock.ts'

/** Callers remembered at once. Beyond it the one that was idle longest is forgotten, and starts again with a full bucket. */
const MAX_CALLERS = 10_000

interface Bucket {
  units: number
  atMs: number
}

export interface Rate {
  /** Units at once. */
  readonly burst: number
  /** Units that come back a second. */
  readonly perSecond: number
}

/**
 * What one caller may ask for, in records read or stored. A holder that fills a new one with all its records takes some minutes
 * at this pace; a script that puts values one by one never meets it.
 */
export const CALLER_RATE: Rate = { burst: 2000, perSecond: 200 }
/** What all callers together may: identities cost nothing, a write costs an fsync. */
export const TOTAL_RATE: Rate = { burst: 10_000, perSecond: 1000 }

/** A token bucket for each caller, and one for all together. */
export class CallerLimits {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #total: Bucket
  /** In order of last use. */
  readonly #callers = new Map<string, Bucket>()

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
    this.#total = this.#full(TOTAL_RATE)
  }

  /** Takes `units`; false, and nothing is taken, when there are too few: refuse. */
  take(peerId: string, units: number): boolean {
    const bucket = this.#callers.get(peerId) ?? this.#full(CALLER_RATE)
    this.#callers.delete(peerId)
    if (this.#callers.size >= MAX_CALLERS) this.#callers.delete(this.#callers.keys().next().value!)
    this.#callers.set(peerId, bucket)
    this.#refill(bucket, CALLER_RATE)
    this.#refill(this.#total, TOTAL_RATE)
    if (bucket.units < units || this.#total.units < units) return false
    bucket.units -= units
    this.#total.units -= units
    return true
  }

  #full({ burst }: Rate): Bucket {
    return { units: burst, atMs: this.#clock.monotonic() }
  }

  #refill(bucket: Bucket, { burst, perSecond }: Rate): void {
    const now = this.#clock.monotonic()
    bucket.units = Math.min(burst, bucket.units + ((now - bucket.atMs) / 1000) * perSecond)
    bucket.atMs = now
  }
}
