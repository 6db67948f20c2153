import type { Clock } from './clock.ts'

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

/** A token bucket for each caller, and one for all together. */
export class CallerLimits {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #rates: { readonly caller: Rate; readonly total: Rate }
  readonly #total: Bucket
  /** In order of last use. */
  readonly #callers = new Map<string, Bucket>()

  /** @param rates what one caller may ask for, and all callers together */
  constructor(clock: Pick<Clock, 'monotonic'>, rates: { readonly caller: Rate; readonly total: Rate }) {
    this.#clock = clock
    this.#rates = rates
    this.#total = this.#full(rates.total)
  }

  /** Takes `units`; false, and nothing is taken, when there are too few: refuse. */
  take(peerId: string, units: number): boolean {
    const { caller, total } = this.#rates
    const bucket = this.#callers.get(peerId) ?? this.#full(caller)
    this.#callers.delete(peerId)
    if (this.#callers.size >= MAX_CALLERS) this.#callers.delete(this.#callers.keys().next().value!)
    this.#callers.set(peerId, bucket)
    this.#refill(bucket, caller)
    this.#refill(this.#total, total)
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
