import { backoffMs, type Random } from '../base/random.ts'

/** Most peers remembered, banned and unreachable each; the oldest are forgotten. */
const MAX_REMEMBERED = 1000

export interface HealthOptions {
  readonly banMs: number
  readonly retryBaseMs: number
  readonly retryMaxMs: number
}

interface Ban {
  readonly reason: string
  readonly untilMs: number
}

interface Rest {
  readonly failures: number
  readonly untilMs: number
}

/**
 * What all downloads together know of peers: who sent wrong bytes and is left alone for a while, and who could not be reached a moment ago, so
 * that each file of a folder does not find that out again; and how fast each was. Times are of a monotonic clock, ms.
 */
export class PeerHealth {
  readonly #options: HealthOptions
  readonly #random: Random
  readonly #bans = new Map<string, Ban>()
  readonly #rests = new Map<string, Rest>()

  readonly #rates = new Map<string, number>()

  constructor(options: HealthOptions, random: Random) {
    this.#options = options
    this.#random = random
  }

  ban(peerId: string, reason: string, nowMs: number): void {
    remember(this.#bans, peerId, { reason, untilMs: nowMs + this.#options.banMs })
  }

  /** Why a peer is left alone; undefined when it is not. */
  banned(peerId: string, nowMs: number): string | undefined {
    const ban = this.#bans.get(peerId)
    if (ban && ban.untilMs <= nowMs) this.#bans.delete(peerId)
    return ban && ban.untilMs > nowMs ? ban.reason : undefined
  }

  /** A peer could not be reached. */
  unreachable(peerId: string, nowMs: number): void {
    const failures = (this.#rests.get(peerId)?.failures ?? 0) + 1
    const { retryBaseMs: baseMs, retryMaxMs: maxMs } = this.#options
    const untilMs = nowMs + backoffMs(this.#random, failures - 1, { baseMs, maxMs })
    remember(this.#rests, peerId, { failures, untilMs })
  }

  reached(peerId: string): void {
    this.#rests.delete(peerId)
  }

  /** When a peer may be tried again; a time gone by when it may be now. */
  readyAtMs(peerId: string): number {
    return this.#rests.get(peerId)?.untilMs ?? 0
  }

  /** How fast a peer has sent lately, bytes a second. */
  noteRate(peerId: string, bytesPerSecond: number): void {
    remember(this.#rates, peerId, bytesPerSecond)
  }

  /** Undefined of a peer that has not sent anything yet. */
  rateOf(peerId: string): number | undefined {
    return this.#rates.get(peerId)
  }

  getDebugState(): Record<string, unknown> {
    return { bans: Object.fromEntries(this.#bans), rests: Object.fromEntries(this.#rests) }
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > MAX_REMEMBERED) map.delete(map.keys().next().value!)
}
