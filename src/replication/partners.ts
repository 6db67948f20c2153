import type { Clock } from '../base/clock.ts'

/** Peers remembered; the one that was asked about longest ago makes room. */
const MAX_PARTNERS = 50_000

/** Rounds after which nobody waits any more for a peer that was in none of them. */
const ROUNDS = 3

/**
 * When peers were last heard of. Whoever has not been for some rounds is silent: what it has still counts, but it has no say in what the others do. Whoever has not been
 * for the grace time is gone. Of whom nothing is known yet, these times begin now.
 */
export class Partners {
  readonly #clock: Clock
  readonly #graceMs: number
  readonly #silenceMs: number
  readonly #self: string
  readonly #seen = new Map<string, { monotonicMs: number; wallMs: number | undefined }>()

  constructor({
    clock,
    self,
    graceMs,
    checkMs,
  }: { clock: Clock; graceMs: number; checkMs: number; self: string }) {
    this.#clock = clock
    this.#graceMs = graceMs
    this.#silenceMs = Math.min(graceMs, ROUNDS * checkMs)
    this.#self = self
  }

  /** It has called, or answered. */
  heard(peerId: string): void {
    this.#note(peerId, { monotonicMs: this.#clock.monotonic(), wallMs: this.#clock.now() })
  }

  isGone(peerId: string): boolean {
    return this.#isOut(peerId, this.#graceMs)
  }

  isSilent(peerId: string): boolean {
    return this.#isOut(peerId, this.#silenceMs)
  }

  /** Wall clock, ms; undefined when it has not been heard of since the start. */
  lastHeardMs(peerId: string): number | undefined {
    return this.#seen.get(peerId)?.wallMs
  }

  #isOut(peerId: string, forMs: number): boolean {
    if (peerId === this.#self) return false
    const seen = this.#seen.get(peerId)
    if (!seen) {
      this.#note(peerId, { monotonicMs: this.#clock.monotonic(), wallMs: undefined })
      return false
    }
    return this.#clock.monotonic() - seen.monotonicMs > forMs
  }

  #note(peerId: string, seen: { monotonicMs: number; wallMs: number | undefined }): void {
    this.#seen.delete(peerId)
    if (this.#seen.size >= MAX_PARTNERS) this.#seen.delete(this.#seen.keys().next().value!)
    this.#seen.set(peerId, seen)
  }
}
