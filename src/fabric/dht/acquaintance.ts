import type { Clock, Timer } from '../../base/clock.ts'
import type { Emitter } from '../../base/events.ts'

export interface AcquaintanceSetup {
  readonly changes: Emitter<void>
  /** PeerIds of the nearest contacts. */
  readonly nearest: () => readonly string[]
  /** Looks for those near this node. */
  readonly look: () => Promise<void>
  readonly clock: Clock
  /** After the neighbourhood changed, ms. */
  readonly afterMs: number
  /** Between two looks, ms. */
  readonly everyMs: number
}

/**
 * Gets to know the neighbourhood again when it changes. kad-dht looks for it once after the start, when there may be nobody yet but one, and then
 * every five minutes: until then those who started together would not know one another.
 */
export class Acquaintance {
  readonly #setup: AcquaintanceSetup
  readonly #off: () => void
  #timer: Timer | undefined
  #isLooking = false
  #lookedMs = Number.NEGATIVE_INFINITY
  /** The neighbourhood when it was looked for last. */
  #seen = ''
  #isStopped = false

  constructor(setup: AcquaintanceSetup) {
    this.#setup = setup
    this.#off = setup.changes.on(() => this.#arm())
    this.#arm()
  }

  stop(): void {
    this.#isStopped = true
    this.#off()
    this.#timer?.cancel()
  }

  get #now(): string {
    return [...this.#setup.nearest()].sort().join()
  }

  #arm(): void {
    if (this.#timer || this.#isLooking || this.#isStopped || this.#now === this.#seen) return
    const { clock, afterMs, everyMs } = this.#setup
    const dueMs = Math.max(clock.monotonic() + afterMs, this.#lookedMs + everyMs)
    this.#timer = clock.schedule(() => {
      this.#timer = undefined
      void this.#look()
    }, dueMs - clock.monotonic())
  }

  async #look(): Promise<void> {
    this.#isLooking = true
    this.#seen = this.#now
    this.#lookedMs = this.#setup.clock.monotonic()
    // Whoever could not be asked now is met when the neighbourhood changes again, or with kad-dht's own look.
    await this.#setup.look().catch(() => {})
    this.#isLooking = false
    this.#arm()
  }
}
