import type { Clock } from '../base/clock.ts'

/** Peers remembered; the one that was asked about longest ago makes room. */
const MAX_PARTNERS = 50_000

/** When peers were last heard of. Whoever has not been for the grace time is gone; of whom nothing is known yet, that time begins now. */
export class Partners {
  readonly #clock: Clock
  readonly #graceMs: number
  readonly #self: string
  readonly #seen = new Map<string, { monotonicMs: number; wallMs: number | undefined }>()

  constructor({ clock, graceMs, self }: { clock: Clock; graceMs: number; self: string }) {
    this.#clock = clock
    this.#graceMs = graceMs
    this.#self = self
  }

  /** It has called, or answered. */
  heard(peerId: string): void {
    this.#note(peerId, { monotonicMs: this.#clock.monotonic(), wallMs: this.#clock.now() })
  }

  isGone(peerId: string): boolean {
    if (peerId === this.#self) return false
    const seen = this.#seen.get(peerId)
    if (!seen) {
      this.#note(peerId, { monotonicMs: this.#clock.monotonic(), wallMs: undefined })
      return false
    }
    return this.#clock.monotonic() - seen.monotonicMs > this.#graceMs
  }

  /** Wall clock, ms; undefined when it has not been heard of since the start. */
  lastHeardMs(peerId: string): number | undefined {
    return this.#seen.get(peerId)?.wallMs
  }

  #note(peerId: string, seen: { monotonicMs: number; wallMs: number | undefined }): void {
    this.#seen.delete(peerId)
    if (this.#seen.size >= MAX_PARTNERS) this.#seen.delete(this.#seen.keys().next().value!)
    this.#seen.set(peerId, seen)
  }
}
