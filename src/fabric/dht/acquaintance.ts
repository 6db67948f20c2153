import type { Clock, Timer } from '../../base/clock.ts'
import type { Emitter } from '../../base/events.ts'

export interface AcquaintanceSetup {
  readonly changes: Emitter<void>
  /** PeerIds of the nearest contacts. */
  readonly nearest: () => readonly string[]
  readonly isContact: (peerId: string) => boolean
  /** Looks for those near this node; gives the PeerIds of all that it asked, whether they answered or not. */
  readonly look: () => Promise<readonly string[]>
  readonly clock: Clock
  /** After the neighbourhood changed, ms. */
  readonly afterMs: number
  /** Between two looks, ms. Twice as long each time that somebody is still missing, up to {@link PATIENT_MS}. */
  readonly everyMs: number
}

/** As often as kad-dht looks around itself, ms. */
const PATIENT_MS = 300_000

/**
 * Gets to know the neighbourhood again when it changes, and again as long as a peer that was heard of has not become a contact: it was too busy to
 * answer, or this node was. kad-dht looks once after the start, when there may be nobody yet but one, and then every five minutes: until
 * then those who started together would not know one another.
 */
export class Acquaintance {
  readonly #setup: AcquaintanceSetup
  readonly #off: () => void
  #next: { readonly dueMs: number; readonly timer: Timer } | undefined
  #isLooking = false
  #lookedMs = Number.NEGATIVE_INFINITY
  /** The neighbourhood when it was looked for last. */
  #seen = ''
  /** Who was asked then; undefined when nobody could be. */
  #asked: readonly string[] | undefined = []
  /** Looks for somebody who was missing, one after the other. */
  #repeated = 0
  #isStopped = false

  constructor(setup: AcquaintanceSetup) {
    this.#setup = setup
    this.#off = setup.changes.on(() => this.#arm())
    this.#arm()
  }

  stop(): void {
    this.#isStopped = true
    this.#off()
    this.#next?.timer.cancel()
  }

  get #now(): string {
    return [...this.#setup.nearest()].sort().join()
  }

  get #isNew(): boolean {
    return this.#now !== this.#seen
  }

  get #isMissing(): boolean {
    return !this.#asked?.every((peerId) => this.#setup.isContact(peerId))
  }

  #arm(): void {
    if (this.#isLooking || this.#isStopped) return
    const { isNew, isMissing } = { isNew: this.#isNew, isMissing: this.#isMissing }
    if (!isNew && !isMissing) return
    const { clock, afterMs, everyMs } = this.#setup
    const waitMs = isNew ? everyMs : Math.max(everyMs, Math.min(everyMs * 2 ** this.#repeated, PATIENT_MS))
    const dueMs = Math.max(clock.monotonic() + afterMs, this.#lookedMs + waitMs)
    if (this.#next && this.#next.dueMs <= dueMs) return
    this.#next?.timer.cancel()
    const timer = clock.schedule(() => {
      this.#next = undefined
      void this.#look()
    }, dueMs - clock.monotonic())
    this.#next = { dueMs, timer }
  }

  async #look(): Promise<void> {
    const isNew = this.#isNew
    if (!isNew && !this.#isMissing) return
    this.#isLooking = true
    this.#seen = this.#now
    this.#lookedMs = this.#setup.clock.monotonic()
    this.#repeated = isNew ? 0 : this.#repeated + 1
    this.#asked = await this.#setup.look().catch(() => undefined)
    this.#isLooking = false
    this.#arm()
  }
}
