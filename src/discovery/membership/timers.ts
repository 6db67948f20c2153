import type { Clock, Timer } from '../../base/clock.ts'

/** Named timers: of each name at most one waits. */
export class Timers {
  readonly #clock: Clock
  readonly #waiting = new Map<string, Timer>()
  #isOver = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  has(name: string): boolean {
    return this.#waiting.has(name)
  }

  /** Calls `fn` after `ms`, unless one of that name waits already. */
  after(name: string, ms: number, fn: () => void): void {
    if (this.#isOver || this.#waiting.has(name)) return
    const timer = this.#clock.schedule(() => {
      this.#waiting.delete(name)
      if (!this.#isOver) fn()
    }, ms)
    this.#waiting.set(name, timer)
  }

  stop(): void {
    this.#isOver = true
    for (const timer of this.#waiting.values()) timer.cancel()
    this.#waiting.clear()
  }
}
