import type { Clock } from '../../base/clock.ts'
import { type BackoffOptions, backoffMs, type Random } from '../../base/random.ts'

/** Relays known by name at most; of more, one that failed last is let go, else the oldest. */
const MAX_KNOWN = 64
const BACKOFF: BackoffOptions = { baseMs: 2000, maxMs: 300_000 }

interface Known {
  /** It was given by address: an index server's, or one from the settings. */
  isPreferred: boolean
  failures: number
  /** Not asked before this, ms of the steady clock. */
  notBeforeMs: number
}

/** Peers that may be relays for this node, and which of them to ask next. */
export class RelayCandidates {
  readonly #clock: Clock
  readonly #random: Random
  readonly #known = new Map<string, Known>()

  constructor({ clock, random }: { clock: Clock; random: Random }) {
    this.#clock = clock
    this.#random = random
  }

  get size(): number {
    return this.#known.size
  }

  add(relayId: string): void {
    if (!this.#known.has(relayId)) this.#insert(relayId, false)
  }

  /** These, and no others, are preferred from now on. */
  prefer(relayIds: readonly string[]): void {
    for (const known of this.#known.values()) known.isPreferred = false
    for (const relayId of relayIds) {
      const known = this.#known.get(relayId)
      if (known) known.isPreferred = true
      else this.#insert(relayId, true)
    }
  }

  isPreferred(relayId: string): boolean {
    return this.#known.get(relayId)?.isPreferred ?? false
  }

  succeeded(relayId: string): void {
    const known = this.#known.get(relayId)
    if (known) {
      known.failures = 0
      known.notBeforeMs = 0
    }
  }

  /** It is asked again after a wait that doubles, and not before `atLeastMs` have passed. */
  failed(relayId: string, atLeastMs = 0): void {
    const known = this.#known.get(relayId)
    if (!known) return
    const waitMs = Math.max(atLeastMs, backoffMs(this.#random, known.failures, BACKOFF))
    known.failures++
    known.notBeforeMs = this.#clock.monotonic() + waitMs
  }

  /** Whom to ask now, apart from `taken`: the preferred first, then those that failed least. */
  next(taken: ReadonlySet<string>): string | undefined {
    const now = this.#clock.monotonic()
    return this.#waiting(taken)
      .filter(([, { notBeforeMs }]) => notBeforeMs <= now)
      .sort(
        ([, a], [, b]) => Number(b.isPreferred) - Number(a.isPreferred) || a.failures - b.failures,
      )[0]?.[0]
  }

  /** Ms until {@link next} has somebody; undefined when there is nobody to wait for. */
  waitMs(taken: ReadonlySet<string>): number | undefined {
    const soonest = Math.min(...this.#waiting(taken).map(([, { notBeforeMs }]) => notBeforeMs))
    return Number.isFinite(soonest) ? Math.max(0, soonest - this.#clock.monotonic()) : undefined
  }

  #waiting(taken: ReadonlySet<string>): [string, Known][] {
    return [...this.#known].filter(([relayId]) => !taken.has(relayId))
  }

  #insert(relayId: string, isPreferred: boolean): void {
    if (this.#known.size >= MAX_KNOWN) {
      const others = [...this.#known].filter(([, known]) => !known.isPreferred)
      const worst = others.sort(([, a], [, b]) => b.failures - a.failures)[0]
      if (worst) this.#known.delete(worst[0])
      else if (!isPreferred) return
    }
    this.#known.set(relayId, { isPreferred, failures: 0, notBeforeMs: 0 })
  }
}
