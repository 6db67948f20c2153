/** Time, handed in so that tests and simulations decide what o'clock it is. All values are milliseconds. */
export interface Clock {
  /** Wall clock, ms since the Unix epoch; may jump. */
  now(): number
  /** Steady clock, ms since an arbitrary moment; never goes back. Use it for durations. */
  monotonic(): number
  /** Calls `fn` once after `ms`. A pending timer does not keep the process alive. */
  schedule(fn: () => void, ms: number): Timer
}

export interface Timer {
  cancel(): void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(fn, ms) {
    const timer = setTimeout(fn, ms).unref()
    return { cancel: () => clearTimeout(timer) }
  },
}

/**
 * Resolves after `ms`; rejects with the signal's reason as soon as `signal` aborts. Unlike a bare timer it keeps the
 * process alive only as long as somebody else does.
 */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = () => {
      timer.cancel()
      reject(signal?.reason)
    }
    const timer = clock.schedule(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** Calls `fn` every `ms` until cancelled; the next wait starts when `fn` is done, so calls never overlap. */
export function every(clock: Clock, ms: number, fn: () => void | Promise<void>): Timer {
  let stopped = false
  let timer: Timer
  const arm = () => {
    timer = clock.schedule(async () => {
      await fn()
      if (!stopped) arm()
    }, ms)
  }
  arm()
  return {
    cancel() {
      stopped = true
      timer.cancel()
    },
  }
}

/** A clock that stands still until {@link ManualClock.advance} moves it; timers fire in order of their due time. */
export class ManualClock implements Clock {
  #now: number
  #seq = 0
  #timers: { due: number; seq: number; fn: () => void }[] = []

  constructor(startMs = 1_700_000_000_000) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  schedule(fn: () => void, ms: number): Timer {
    const entry = { due: this.#now + Math.max(0, ms), seq: this.#seq++, fn }
    this.#timers.push(entry)
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== entry)
      },
    }
  }

  /** Moves time on by `ms`, firing what falls due, and lets pending promise callbacks run between timers. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve))
      const next = this.#timers
        .filter((timer) => timer.due <= end)
        .sort((a, b) => a.due - b.due || a.seq - b.seq)[0]
      if (!next) break
      this.#timers = this.#timers.filter((other) => other !== next)
      this.#now = Math.max(this.#now, next.due)
      next.fn()
    }
    this.#now = end
    await new Promise((resolve) => setImmediate(resolve))
  }
}
