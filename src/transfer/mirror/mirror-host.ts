import { abortable } from '../../base/signals.ts'

/** Requests that one host answers at once. */
const MAX_REQUESTS = 4

/** Of those, at most so many for data: a file that is opened need not wait for all that is fetched. */
const MAX_DATA = 3

type Kind = 'open' | 'data'

interface Waiting {
  readonly kind: Kind
  readonly go: () => void
}

/** One host that mirrors are on: whose turn it is to ask it, and when it wants to be asked again. */
export class MirrorHost {
  readonly #running: Record<Kind, number> = { open: 0, data: 0 }
  /** Bounded by the channels there are, each of which waits for few turns. */
  readonly #waiting = new Set<Waiting>()
  #restUntilMs = 0

  /** Nobody uses it. */
  get isIdle(): boolean {
    return this.#waiting.size === 0 && this.#running.open + this.#running.data === 0
  }

  /** It asked to be left alone for so long. Times of a monotonic clock, ms. */
  rest(ms: number, nowMs: number): void {
    this.#restUntilMs = Math.max(this.#restUntilMs, nowMs + ms)
  }

  restMs(nowMs: number): number {
    return Math.max(0, this.#restUntilMs - nowMs)
  }

  /**
   * Resolves when a request may be sent; those that open a file come first.
   *
   * @returns to be called when the request is over
   * @throws the signal's reason
   */
  async turn(kind: Kind, signal: AbortSignal): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiting: Waiting = { kind, go: resolve }
    this.#waiting.add(waiting)
    this.#next()
    try {
      await abortable(promise, signal)
    } catch (error) {
      // It may be its turn already.
      if (!this.#waiting.delete(waiting)) this.#over(kind)
      throw error
    }
    let isOver = false
    return () => {
      if (!isOver) this.#over(kind)
      isOver = true
    }
  }

  #over(kind: Kind): void {
    this.#running[kind]--
    this.#next()
  }

  #next(): void {
    for (const wanted of ['open', 'data'] as const) {
      for (const waiting of this.#waiting) {
        if (waiting.kind !== wanted || !this.#hasRoom(wanted)) continue
        this.#waiting.delete(waiting)
        this.#running[wanted]++
        waiting.go()
      }
    }
  }

  #hasRoom(kind: Kind): boolean {
    const { open, data } = this.#running
    return open + data < MAX_REQUESTS && (kind === 'open' || data < MAX_DATA)
  }
}
