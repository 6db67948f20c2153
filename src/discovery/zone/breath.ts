import { type Clock, sleep } from '../../base/clock.ts'

/** Pages worked on in one go: some milliseconds of signatures. */
const PAGES_AT_ONCE = 32

/** Lets others in the process have their turn during long work: a node that is busy for seconds would be taken for dead. */
export class Breath {
  readonly #clock: Clock
  #count = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether it is time for {@link Breath.take}; `pages` more were worked on. */
  isDue(pages = 1): boolean {
    this.#count += pages
    if (this.#count < PAGES_AT_ONCE) return false
    this.#count = 0
    return true
  }

  take(): Promise<void> {
    return sleep(this.#clock, 0)
  }
}
