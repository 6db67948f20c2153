/** Runs at most `limit` tasks at once; further ones wait in order of arrival. */
export class Limiter {
  readonly limit: number
  #running = 0
  #waiting: (() => void)[] = []

  constructor(limit: number) {
    this.limit = limit
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Waits for a place, then runs. An abort while waiting rejects with the signal's reason and gives up the place. */
  async run<T>(task: () => Promise<T> | T, signal?: AbortSignal): Promise<T> {
    await this.#enter(signal)
    try {
      return await task()
    } finally {
      this.#running--
      this.#waiting.shift()?.()
    }
  }

  #enter(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#running < this.limit) {
      this.#running++
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const admit = () => {
        signal?.removeEventListener('abort', leave)
        this.#running++
        resolve()
      }
      const leave = () => {
        this.#waiting = this.#waiting.filter((other) => other !== admit)
        reject(signal?.reason)
      }
      this.#waiting.push(admit)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }
}
