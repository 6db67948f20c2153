import type { Timer } from '../../src/base/clock.ts'
import type { LabClock } from './clock.ts'

/** How often a condition is looked at, ms. */
const LOOK_MS = 5

/** The time of day, for code that cannot be told another. A world under it takes as long as it says, and never goes twice alike. */
export class RealClock implements LabClock {
  #events = 0

  now(): number {
    return Date.now()
  }

  monotonic(): number {
    return performance.now()
  }

  get events(): number {
    return this.#events
  }

  schedule(fn: () => void, ms: number): Timer {
    const timer = setTimeout(() => {
      this.#events++
      fn()
    }, ms)
    return { cancel: () => clearTimeout(timer) }
  }

  outside<T>(work: Promise<T>): Promise<T> {
    return work
  }

  async run(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms))
  }

  async runUntil(done: () => boolean, maxMs: number): Promise<boolean> {
    const end = this.monotonic() + maxMs
    while (!done()) {
      if (this.monotonic() >= end) return false
      await this.run(LOOK_MS)
    }
    return true
  }
}
