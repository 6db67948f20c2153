import type { Timer } from '../../src/base/clock.ts'
import type { LabClock } from './clock.ts'

/** Wall-clock time at which every simulation begins: 2023-11-14T22:13:20Z. */
const START_MS = 1_700_000_000_000

interface Event {
  fn: (() => void) | undefined
}

/**
 * A clock that jumps from event to event. Time goes in whole milliseconds: all that falls due in one of them runs in the order in which it
 * was scheduled, then whatever promises it settled, before the next is looked at; so a run depends on nothing but its seed.
 */
export class VirtualClock implements LabClock {
  #elapsed = 0
  /** Events by the millisecond in which they fall due. */
  readonly #due = new Map<number, Event[]>()
  readonly #times = new TimeHeap()
  #realWork = 0
  #events = 0

  now(): number {
    return START_MS + this.#elapsed
  }

  monotonic(): number {
    return this.#elapsed
  }

  /** Events run so far. */
  get events(): number {
    return this.#events
  }

  schedule(fn: () => void, ms: number): Timer {
    const event: Event = { fn }
    const at = this.#elapsed + Math.max(0, Math.ceil(ms))
    const others = this.#due.get(at)
    if (others) {
      others.push(event)
    } else {
      this.#due.set(at, [event])
      this.#times.push(at)
    }
    return {
      cancel: () => {
        event.fn = undefined
      },
    }
  }

  /** Time stands still until `work`, which happens outside of the simulation (a database thread, say), is done. */
  async outside<T>(work: Promise<T>): Promise<T> {
    this.#realWork++
    try {
      return await work
    } finally {
      this.#realWork--
    }
  }

  /** Runs for `ms` of virtual time. */
  async run(ms: number): Promise<void> {
    await this.runUntil(() => false, ms)
  }

  /** Runs until `done` says so, looked at after each millisecond in which something happened, or for `maxMs`. True when `done` said so. */
  async runUntil(done: () => boolean, maxMs: number): Promise<boolean> {
    const end = this.#elapsed + maxMs
    await this.#settle()
    for (;;) {
      if (done()) return true
      const next = this.#times.peek()
      if (next === undefined || next > end) break
      this.#times.pop()
      this.#elapsed = next
      const events = this.#due.get(next)!
      this.#due.delete(next)
      for (const event of events) {
        const { fn } = event
        event.fn = undefined
        if (!fn) continue
        this.#events++
        fn()
      }
      await this.#settle()
    }
    this.#elapsed = end
    return false
  }

  async #settle(): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve))
    while (this.#realWork > 0)
  }
}

/** A binary heap of different numbers, the least first. */
class TimeHeap {
  readonly #items: number[] = []

  peek(): number | undefined {
    return this.#items[0]
  }

  push(time: number): void {
    const items = this.#items
    let at = items.length
    items.push(time)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (items[parent]! <= time) break
      items[at] = items[parent]!
      at = parent
    }
    items[at] = time
  }

  pop(): void {
    const items = this.#items
    const last = items.pop()!
    if (items.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= items.length) break
      if (child + 1 < items.length && items[child + 1]! < items[child]!) child++
      if (items[child]! >= last) break
      items[at] = items[child]!
      at = child
    }
    items[at] = last
  }
}
