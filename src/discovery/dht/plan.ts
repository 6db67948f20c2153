import type { KeyDigest } from './keys.ts'

export interface PlanOptions {
  readonly republishMs: number
  readonly retryMs: number
  readonly maxKeys: number
  readonly keepShare: number
  /** This node's own share of the period, from 0 to 1, so that not all nodes renew the same region at the same time. */
  readonly phase: number
}

/** What became of a key that was told. */
export interface Told {
  readonly digest: KeyDigest
  /** PeerIds of those who keep it; empty when nobody does. */
  readonly holders: readonly string[]
}

interface Planned {
  readonly digest: KeyDigest
  /** Where it lies, from 0 to 1. */
  readonly place: number
  dueMs: number
  /** Has to be told as soon as it is due, not together with the renewals of its turn. */
  isUrgent: boolean
  holders: readonly string[]
  failures: number
}

/** Doublings of the wait after a failure. */
const MAX_DOUBLINGS = 4

/**
 * Which keys have to be told when. New ones at once. Then each at its place in the period, which is that of the key among all keys: what
 * lies close together is renewed together, by one look-up, and the work is spread evenly. The first renewal comes after half a
 * period to one and a half, 33 h at most, and records count for 48.
 */
export class PublishPlan {
  readonly #options: PlanOptions
  readonly #keys = new Map<KeyDigest, Planned>()
  /** Keys that there was no room for. */
  leftOut = 0

  constructor(options: PlanOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#keys.size
  }

  /** Keys that nobody keeps yet. */
  get untold(): number {
    return count(this.#keys.values(), ({ holders }) => holders.length === 0)
  }

  has(digest: KeyDigest): boolean {
    return this.#keys.has(digest)
  }

  /** Who keeps a key, as far as they said. */
  holdersOf(digest: KeyDigest): readonly string[] {
    return this.#keys.get(digest)?.holders ?? []
  }

  digests(): Iterable<KeyDigest> {
    return this.#keys.keys()
  }

  /** A key that is wanted from now on. `place`: where it lies, 0 to 1. False when it was known, or there is no room. */
  add(digest: KeyDigest, place: number, nowMs: number): boolean {
    if (this.#keys.has(digest)) return false
    if (this.#keys.size >= this.#options.maxKeys) {
      this.leftOut++
      return false
    }
    this.#keys.set(digest, { digest, place, dueMs: nowMs, isUrgent: true, holders: [], failures: 0 })
    return true
  }

  /** It is not wanted any more: what others keep ends with its time. */
  drop(digest: KeyDigest): void {
    this.#keys.delete(digest)
  }

  /** Up to `most` keys that are due, side by side. */
  due(nowMs: number, most: number): KeyDigest[] {
    const due: Planned[] = []
    for (const planned of this.#keys.values()) if (planned.dueMs <= nowMs) due.push(planned)
    return due
      .sort((a, b) => a.place - b.place)
      .slice(0, most)
      .map(({ digest }) => digest)
  }

  /** When the next key is due: the next urgent one, and the next of all. Infinity when there is none. */
  nextDue(): { urgentMs: number; anyMs: number } {
    let urgentMs = Number.POSITIVE_INFINITY
    let anyMs = Number.POSITIVE_INFINITY
    for (const { dueMs, isUrgent } of this.#keys.values()) {
      if (dueMs < anyMs) anyMs = dueMs
      if (isUrgent && dueMs < urgentMs) urgentMs = dueMs
    }
    return { urgentMs, anyMs }
  }

  /** Takes in what became of keys that were told at `nowMs`. Fewer than `enough` holders, those of before among them: tried again. */
  told(results: Iterable<Told>, nowMs: number, enough: number): void {
    for (const { digest, holders } of results) {
      const planned = this.#keys.get(digest)
      if (!planned) continue
      planned.holders = planned.failures > 0 ? [...new Set([...holders, ...planned.holders])] : holders
      if (planned.holders.length >= Math.max(1, enough)) {
        Object.assign(planned, { failures: 0, isUrgent: false, dueMs: this.#renewal(planned.place, nowMs) })
      } else {
        const waitMs = this.#options.retryMs * 2 ** Math.min(planned.failures, MAX_DOUBLINGS)
        Object.assign(planned, { failures: planned.failures + 1, isUrgent: true, dueMs: nowMs + waitMs })
      }
    }
  }

  /** There is somebody to tell again: what nobody took is tried now. */
  retry(nowMs: number): void {
    for (const planned of this.#keys.values())
      if (planned.isUrgent && planned.dueMs > nowMs) Object.assign(planned, { dueMs: nowMs, failures: 0 })
  }

  /** `nearest` are the PeerIds nearest to the key as far as is known now; too few of them keep it: told at once. @returns whether it is */
  check(digest: KeyDigest, nearest: readonly string[], nowMs: number): boolean {
    const planned = this.#keys.get(digest)
    if (!planned || planned.isUrgent || nearest.length === 0) return false
    const having = count(nearest, (peerId) => planned.holders.includes(peerId))
    if (having >= this.#options.keepShare * nearest.length) return false
    Object.assign(planned, { isUrgent: true, dueMs: nowMs })
    return true
  }

  /** The next moment of the place in the period, half a period from now at the earliest. */
  #renewal(place: number, nowMs: number): number {
    const { republishMs, phase } = this.#options
    const offset = ((place + phase) % 1) * republishMs
    const earliest = nowMs + republishMs / 2
    return offset + Math.ceil((earliest - offset) / republishMs) * republishMs
  }
}

function count<T>(items: Iterable<T>, isCounted: (item: T) => boolean): number {
  let total = 0
  for (const item of items) if (isCounted(item)) total++
  return total
}
