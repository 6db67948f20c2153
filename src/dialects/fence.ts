import type { Clock } from '../base/clock.ts'
import { type Rate, RateLimiter } from '../index/token-bucket.ts'
import type { DialectName } from './dialect.ts'

export interface FenceOptions {
  /** Calls of one address, datagrams too. Default 50 a second, 200 at once: a person with a page and a peer behind it needs a few. */
  readonly perAddress: Rate
  /** Calls in all. Default 200 a second, 1,000 at once. */
  readonly inAll: Rate
  /** Addresses whose rate is remembered. Default 10,000. */
  readonly maxAddresses: number
}

export const DEFAULT_FENCE_OPTIONS: FenceOptions = {
  perAddress: { perSecond: 50, burst: 200 },
  inAll: { perSecond: 200, burst: 1000 },
  maxAddresses: 10_000,
}

/** What became of a call. `refused`: it was not right, or too much. */
export type CallResult = 'ok' | 'refused' | 'failed'

/** Calls by what became of them. */
export type CallCounts = Readonly<Record<CallResult, number>>

/** What all listeners of dialects have in common: how often somebody may call, and the count of it. */
export class Fence {
  readonly #byAddress: RateLimiter
  readonly #inAll: RateLimiter
  readonly #counts = new Map<DialectName, Record<CallResult, number>>()

  constructor(clock: Clock, options: Partial<FenceOptions> = {}) {
    const { perAddress, inAll, maxAddresses } = { ...DEFAULT_FENCE_OPTIONS, ...options }
    this.#byAddress = new RateLimiter(clock, perAddress, maxAddresses)
    this.#inAll = new RateLimiter(clock, inAll)
  }

  /** Whether this address may call now. Who calls too often takes nothing of what is there for all. */
  admit(host: string): boolean {
    return this.#byAddress.tryTake(host) && this.#inAll.tryTake('')
  }

  count(dialect: DialectName, result: CallResult): void {
    const counts = this.#counts.get(dialect) ?? { ok: 0, refused: 0, failed: 0 }
    counts[result]++
    this.#counts.set(dialect, counts)
  }

  counts(dialect: DialectName): CallCounts {
    return this.#counts.get(dialect) ?? { ok: 0, refused: 0, failed: 0 }
  }
}

/** By the HTTP status of the answer. */
export const resultOfStatus = (status: number): CallResult =>
  status >= 500 ? 'failed' : status >= 400 ? 'refused' : 'ok'
