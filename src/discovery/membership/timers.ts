import type { Clock, Timer } from '../../base/clock.ts'

/** Named timers: of each name at most one waits. */
export class Timers {
  readonly #clock: Clock
  readonly #waiting = new Map<string, { readonly timer: Timer; readonly dueMs: number }>()
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
    this.#waiting.set(name, { timer, dueMs: this.#clock.monotonic() + ms })
  }

  /** Calls `fn` after `ms`, unless one of that name waits that is due sooner; one that is due later is forgotten. */
  within(name: string, ms: number, fn: () => void): void {
    const waiting = this.#waiting.get(name)
    if (waiting && waiting.dueMs > this.#clock.monotonic() + ms) {
      waiting.timer.cancel()
      this.#waiting.delete(name)
    }
    this.after(name, ms, fn)
  }

  stop(): void {
    this.#isOver = true
    for (const { timer } of this.#waiting.values()) timer.cancel()
    this.#waiting.clear()
  }
}
