import { backoffMs, type Random, shuffled } from '../base/random.ts'
import type { PeerHealth } from './peer-health.ts'
import type { Provider } from './ports.ts'

/** Most providers that one download knows; further ones are ignored until one is banned. */
export const MAX_CANDIDATES = 512

/** How a stream to a provider ended. */
export type Ending =
  /** It could not be reached, broke off or stalled: tried again later. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** It has no place or does not have the file: tried again later, not before it said, and no fault. */
  | {
      readonly kind: 'refused'
      readonly reason: string
      readonly retryAfterMs?: number
      /** Its owner does not let this node fetch from it. */
      readonly isUnwelcome?: boolean
    }
  /** It sent wrong bytes or nonsense: never again. */
  | { readonly kind: 'banned'; readonly reason: string }
  /** This side ended it. */
  | { readonly kind: 'closed' }

interface Candidate {
  provider: Provider
  inUse: boolean
  /** Failures in a row. */
  failures: number
  readyAtMs: number
  last: Ending | undefined
}

export interface CandidateOptions {
  readonly retryBaseMs: number
  readonly retryMaxMs: number
}

/** Which providers one download could read from, and which to try next: the one that failed least, ties by chance. Decides only. */
export class Candidates {
  readonly #options: CandidateOptions
  readonly #random: Random
  readonly #health: PeerHealth
  readonly #all = new Map<string, Candidate>()
  readonly #banned = new Map<string, string>()

  constructor(options: CandidateOptions, random: Random, health: PeerHealth) {
    this.#options = options
    this.#random = random
    this.#health = health
  }

  get size(): number {
    return this.#all.size
  }

  /** A provider was found, again perhaps: its newest addresses count. True when it is new. */
  offer(provider: Provider): boolean {
    if (this.#banned.has(provider.peerId)) return false
    const known = this.#all.get(provider.peerId)
    if (known) {
      if (provider.addresses.length > 0) known.provider = provider
      return false
    }
    if (this.#all.size >= MAX_CANDIDATES) return false
    this.#all.set(provider.peerId, {
      provider,
      inUse: false,
      failures: 0,
      readyAtMs: 0,
      last: undefined,
    })
    return true
  }

  /** Up to `count` providers to try now. They count as in use until {@link ended}. */
  take(count: number, nowMs: number): Provider[] {
    if (count <= 0) return []
    const ready = shuffled(this.#random, [...this.#all.values()]).filter(
      ({ inUse, readyAtMs, provider: { peerId } }) =>
        !inUse &&
        Math.max(readyAtMs, this.#health.readyAtMs(peerId)) <= nowMs &&
        this.#health.banned(peerId, nowMs) === undefined,
    )
    const taken = ready.sort((a, b) => a.failures - b.failures).slice(0, count)
    for (const candidate of taken) candidate.inUse = true
    return taken.map(({ provider }) => provider)
  }

  /** A verified block came from it: what was before is forgiven. */
  proved(peerId: string): void {
    const candidate = this.#all.get(peerId)
    if (!candidate) return
    candidate.failures = 0
    candidate.last = undefined
  }

  /** A stream ended. */
  ended(peerId: string, ending: Ending, nowMs: number): void {
    const candidate = this.#all.get(peerId)
    if (!candidate) return
    candidate.inUse = false
    if (ending.kind === 'closed') return
    if (ending.kind === 'banned') {
      this.#all.delete(peerId)
      if (this.#banned.size < MAX_CANDIDATES) this.#banned.set(peerId, ending.reason)
      return
    }
    candidate.last = ending
    const { retryBaseMs: baseMs, retryMaxMs: maxMs } = this.#options
    const pauseMs = backoffMs(this.#random, candidate.failures++, { baseMs, maxMs })
    const askedForMs = ending.kind === 'refused' ? (ending.retryAfterMs ?? 0) : 0
    candidate.readyAtMs = nowMs + Math.max(pauseMs, askedForMs)
  }

  /** Mirrors that failed, that wait or that have not answered yet, as long as they may still be of use. */
  get hasMirrors(): boolean {
    for (const { provider } of this.#all.values()) if (provider.mirror) return true
    return false
  }

  /** Who is not read from because of something it did or its owner said, and why. A peer with no place is no such one. */
  dropped(): { peerId: string; reason: string }[] {
    const dropped = [...this.#banned].map(([peerId, reason]) => ({ peerId, reason }))
    for (const { provider, last } of this.#all.values())
      if (last?.kind === 'failed' || (last?.kind === 'refused' && last.isUnwelcome))
        dropped.push({ peerId: provider.peerId, reason: last.reason })
    return dropped
  }
}
