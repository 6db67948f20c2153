import { type Clock, every } from '../../base/clock.ts'

type Task = (signal: AbortSignal) => Promise<unknown>

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
  run(task: Task): boolean {
    if (this.signal.aborted || this.#tasks.size >= this.#limit) return false
    void this.#begin(task)
    return true
  }

  /** Begins again and again, each time so long after its last end, and whatever else there is. */
  every(clock: Clock, ms: number, task: Task): void {
    const timer = every(clock, ms, () => this.#begin(task))
    this.signal.addEventListener('abort', () => timer.cancel(), { once: true })
  }

  /** Aborts all pieces and waits for their ends. */
  async stop(): Promise<void> {
    this.#life.abort()
    await Promise.all(this.#tasks)
  }

  /** Never rejects. */
  #begin(task: Task): Promise<void> {
    const done = task(this.signal)
      .catch((error) => this.signal.aborted || this.#onError(error))
      .then(() => void this.#tasks.delete(done))
    this.#tasks.add(done)
    return done
  }
}
