import type { Clock, Timer } from '../base/clock.ts'
import { Emitter } from '../base/events.ts'
import type { HashingProgress } from './importer.ts'

/** Time between two reports, ms: as often as people can read. */
const REPORT_MS = 250

/** Tells how far hashing is a few times a second while it goes on, and once, with undefined, when it is over. */
export class ProgressReporter {
  readonly progress = new Emitter<HashingProgress | undefined>()
  readonly #clock: Clock
  readonly #read: () => HashingProgress | undefined
  #timer: Timer | undefined

  constructor(clock: Clock, read: () => HashingProgress | undefined) {
    this.#clock = clock
    this.#read = read
  }

  /** Hashing may have begun. */
  poke(): void {
    this.#timer ??= this.#clock.schedule(() => {
      this.#timer = undefined
      const progress = this.#read()
      this.progress.emit(progress)
      if (progress) this.poke()
    }, REPORT_MS)
  }

  stop(): void {
    this.#timer?.cancel()
  }
}
