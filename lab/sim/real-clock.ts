import type { Timer } from '../../src/base/clock.ts'
import type { LabClock } from './clock.ts'

/** How often a condition is looked at, ms. */
const LOOK_MS = 5

interface Event {
  readonly dueMs: number
  fn: (() => void) | undefined
}

/**
 * The time of day, for code that cannot be told another. A world under it takes as long as it says, and never goes twice alike. As under the
 * virtual clock, time goes in whole milliseconds and what is due in one of them runs in its order; it stands while code runs to its next
 * `await`. With timers of the system the end of a stream would overtake what came before it.
 */
export class RealClock implements LabClock {
  /** The next to fall due last. */
  readonly #due: Event[] = []
  #timer: NodeJS.Timeout | undefined
  #timerMs = Number.POSITIVE_INFINITY
  #events = 0
  #nowMs: number | undefined

  now(): number {
    return Date.now()
  }

  monotonic(): number {
    if (this.#nowMs === undefined) {
      this.#nowMs = Math.floor(performance.now())
      queueMicrotask(() => {
        this.#nowMs = undefined
      })
    }
    return this.#nowMs
  }

  get events(): number {
    return this.#events
  }

  schedule(fn: () => void, ms: number): Timer {
    const event: Event = { fn, dueMs: this.monotonic() + Math.max(0, Math.ceil(ms)) }
    this.#due.splice(this.#placeOf(event.dueMs), 0, event)
    this.#arm()
    return {
      cancel: () => {
        event.fn = undefined
        // What would be due long after all others must not keep the process alive.
        while (this.#due.at(-1) && !this.#due.at(-1)!.fn) this.#due.pop()
        if (this.#due.length === 0) this.#disarm()
      },
    }
  }

  outside<T>(work: Promise<T>): Promise<T> {
    return work
  }

  run(ms: number): Promise<void> {
    return new Promise((resolve) => this.schedule(resolve, ms))
  }

  async runUntil(done: () => boolean, maxMs: number): Promise<boolean> {
    const end = this.monotonic() + maxMs
    while (!done()) {
      if (this.monotonic() >= end) return false
      await this.run(LOOK_MS)
    }
    return true
  }

  /** Before all that fall due at the same time or earlier: these run first. */
  #placeOf(dueMs: number): number {
    let low = 0
    let high = this.#due.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#due[middle]!.dueMs <= dueMs) high = middle
      else low = middle + 1
    }
    return low
  }

  #arm(): void {
    const next = this.#due.at(-1)
    if (!next || next.dueMs >= this.#timerMs) return
    this.#disarm()
    this.#timerMs = next.dueMs
    this.#timer = setTimeout(() => this.#fire(), Math.max(0, next.dueMs - this.monotonic()))
  }

  #disarm(): void {
    clearTimeout(this.#timer)
    this.#timerMs = Number.POSITIVE_INFINITY
  }

  #fire(): void {
    this.#timerMs = Number.POSITIVE_INFINITY
    const now = this.monotonic()
    for (let next = this.#due.at(-1); next && (!next.fn || next.dueMs <= now); next = this.#due.at(-1)) {
      this.#due.pop()
      const { fn } = next
      if (!fn) continue
      next.fn = undefined
      this.#events++
      fn()
    }
    this.#arm()
  }
}
