import type { Clock } from '../../base/clock.ts'
import type { Refusal } from './codes.ts'
import { DayCount } from './day-count.ts'
import type { RelayOptions } from './options.ts'

/** Peers whose bytes are counted; of more, the one with the fewest today is forgotten. */
const MAX_PEERS = 4096
/** So many are let go at once, so that not each new peer costs a look at all. */
const FORGOTTEN_AT_ONCE = 256

type Quotas = Pick<RelayOptions, 'peerBytesPerDay' | 'bytesPerDay'>

/** Counts what was passed on in the last 24 hours, for each peer and in all, and says when it is enough. */
export class DayQuotas {
  readonly #clock: Clock
  readonly #all = new DayCount()
  readonly #peers = new Map<string, DayCount>()
  #limits: Quotas

  constructor(clock: Clock, limits: Quotas) {
    this.#clock = clock
    this.#limits = limits
  }

  update(limits: Quotas): void {
    this.#limits = limits
  }

  /** Counts `bytes` once in all and once for each of `peers`. */
  add(bytes: number, peers: readonly string[]): void {
    const now = this.#clock.monotonic()
    this.#all.add(bytes, now)
    for (const peerId of peers) this.#of(peerId).add(bytes, now)
  }

  /** How many bytes may still pass between `peers`; 0 when one of the quotas is used up. */
  remaining(peers: readonly string[]): number {
    const now = this.#clock.monotonic()
    let least = this.#limits.bytesPerDay - this.#all.sum(now)
    for (const peerId of peers)
      least = Math.min(least, this.#limits.peerBytesPerDay - (this.#peers.get(peerId)?.sum(now) ?? 0))
    return Math.max(0, least)
  }

  /** Which quota is used up and when it opens again; undefined when none is. */
  refusal(peers: readonly string[]): Refusal | undefined {
    const now = this.#clock.monotonic()
    const { bytesPerDay, peerBytesPerDay } = this.#limits
    if (this.#all.sum(now) >= bytesPerDay)
      return {
        code: 'TOTAL_QUOTA',
        limit: bytesPerDay,
        retryAfterMs: this.#all.opensAfterMs(bytesPerDay, now),
      }
    for (const peerId of peers) {
      const count = this.#peers.get(peerId)
      if (count === undefined || count.sum(now) < peerBytesPerDay) continue
      const retryAfterMs = count.opensAfterMs(peerBytesPerDay, now)
      return { code: 'PEER_QUOTA', limit: peerBytesPerDay, retryAfterMs, about: peerId }
    }
    return undefined
  }

  /** Bytes of the last 24 hours in all. */
  get bytesToday(): number {
    return this.#all.sum(this.#clock.monotonic())
  }

  /** The peers with the most bytes of the last 24 hours, most first. */
  top(count: number): { peerId: string; bytesToday: number }[] {
    return this.#ranked()
      .slice(0, count)
      .filter(({ bytesToday }) => bytesToday > 0)
  }

  #of(peerId: string): DayCount {
    let count = this.#peers.get(peerId)
    if (!count) {
      if (this.#peers.size >= MAX_PEERS)
        for (const { peerId: least } of this.#ranked().slice(-FORGOTTEN_AT_ONCE)) this.#peers.delete(least)
      count = new DayCount()
      this.#peers.set(peerId, count)
    }
    return count
  }

  #ranked(): { peerId: string; bytesToday: number }[] {
    const now = this.#clock.monotonic()
    return [...this.#peers]
      .map(([peerId, count]) => ({ peerId, bytesToday: count.sum(now) }))
      .sort((a, b) => b.bytesToday - a.bytesToday)
  }
}
