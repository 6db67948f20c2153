import type { Clock, Timer } from '../../base/clock.ts'
import type { Emitter } from '../../base/events.ts'

export interface AcquaintanceSetup {
  readonly changes: Emitter<void>
  /** PeerIds of the nearest contacts. */
  readonly nearest: () => readonly string[]
  /** PeerIds of all contacts. */
  readonly contacts: () => ReadonlySet<string>
  /** Looks for those near this node; gives the PeerIds of all that it asked, whether they answered or not. */
  readonly look: () => Promise<readonly string[]>
  readonly clock: Clock
  /** After the neighbourhood changed, ms. */
  readonly afterMs: number
  /** Between two looks, ms; twice as long for each look before that brought nobody new, up to {@link PATIENT_MS}. */
  readonly everyMs: number
}

/** As often as kad-dht looks around by itself, ms. */
const PATIENT_MS = 300_000

/**
 * Gets to know the neighbourhood again when it changes, and as long as a peer that was heard of has not become a contact: it was too busy to
 * answer, or this node was. kad-dht looks once after the start, when there may be nobody yet but one, and then every five minutes: until
 * then those who started together would not know one another. Where everybody is known already, who comes looks for its neighbours
 * itself, and those who look for it in vain soon rest.
 */
export class Acquaintance {
  readonly #setup: AcquaintanceSetup
  readonly #off: () => void
  #timer: Timer | undefined
  #isLooking = false
  #lookedMs = Number.NEGATIVE_INFINITY
  /** The neighbourhood when it was looked for last. */
  #seen = ''
  /** Who was asked then. */
  #asked: ReadonlySet<string> = new Set()
  /** Nobody could be. */
  #hasFailed = false
  /** Looks that brought nobody new, one after the other. */
  #vain = 0
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

  /** There may be somebody to be met. */
  get #isDue(): boolean {
    return this.#hasFailed || this.#now !== this.#seen || !isWithin(this.#asked, this.#setup.contacts())
  }

  #arm(): void {
    // Who has lost everybody begins anew.
    if (this.#now === '') {
      this.#vain = 0
      this.#timer?.cancel()
      this.#timer = undefined
    }
    if (this.#timer || this.#isLooking || this.#isStopped || !this.#isDue) return
    const { clock, afterMs, everyMs } = this.#setup
    const waitMs = Math.max(everyMs, Math.min(everyMs * 2 ** this.#vain, PATIENT_MS))
    const dueMs = Math.max(clock.monotonic() + afterMs, this.#lookedMs + waitMs)
    this.#timer = clock.schedule(() => {
      this.#timer = undefined
      if (this.#isDue) void this.#look()
    }, dueMs - clock.monotonic())
  }

  async #look(): Promise<void> {
    const { clock, look, contacts } = this.#setup
    const known = new Set([...contacts(), ...this.#asked])
    this.#isLooking = true
    this.#seen = this.#now
    this.#lookedMs = clock.monotonic()
    const asked = await look().catch(() => undefined)
    this.#hasFailed = asked === undefined
    this.#asked = new Set(asked)
    this.#vain = isWithin(this.#asked, known) ? this.#vain + 1 : 0
    this.#isLooking = false
    this.#arm()
  }
}

const isWithin = (some: ReadonlySet<string>, all: ReadonlySet<string>) =>
  [...some].every((each) => all.has(each))
