/** Work that nobody waits for: at most `limit` pieces at once, all of them stopped together. Errors are told to `onError`. */
export class Background {
  readonly #limit: number
  readonly #onError: (error: unknown) => void
  readonly #life = new AbortController()
  readonly #tasks = new Set<Promise<void>>()

  constructor(limit: number, onError: (error: unknown) => void) {
    this.#limit = limit
    this.#onError = onError
  }

  get signal(): AbortSignal {
    return this.#life.signal
  }

  /** Begins at once. False: there is too much of it, or it was stopped; the piece is left out. */
  run(task: (signal: AbortSignal) => Promise<unknown>): boolean {
    if (this.#life.signal.aborted || this.#tasks.size >= this.#limit) return false
    const done = task(this.#life.signal)
      .catch((error) => this.#life.signal.aborted || this.#onError(error))
      .then(() => void this.#tasks.delete(done))
    this.#tasks.add(done)
    return true
  }

  /** Aborts all pieces and waits for their ends. */
  async stop(): Promise<void> {
    this.#life.abort()
    await Promise.all(this.#tasks)
  }
}
