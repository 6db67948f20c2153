import { type Clock, every, type Timer } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { withDeadline } from '../../base/signals.ts'

export interface TasksOptions {
  readonly clock: Clock
  /** As many keys are worked on at once; one more is BUSY. */
  readonly limit: number
  /** How long one may take, ms. */
  readonly timeoutMs: number
}

/** What a dialect does while it listens: work by key, each piece with a deadline, and what comes again and again; all of it ends with {@link Tasks.stop}. */
export class Tasks<T> {
  readonly #options: TasksOptions
  readonly #life = new AbortController()
  readonly #underWay = new Map<string, Promise<T>>()
  readonly #timers: Timer[] = []

  constructor(options: TasksOptions) {
    this.#options = options
  }

  /** Aborts with the end. */
  get signal(): AbortSignal {
    return this.#life.signal
  }

  /**
   * Who asks for what is under way waits for the same, so that an echo of a question starts nothing.
   * @throws ShoalError BUSY; rejects as `work` does
   */
  async run(key: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const underWay = this.#underWay.get(key)
    if (underWay) return underWay
    const { clock, limit, timeoutMs } = this.#options
    if (this.#underWay.size >= limit) throw new ShoalError('BUSY')
    const begin = async () => {
      using deadline = withDeadline(clock, timeoutMs, this.#life.signal)
      return await work(deadline.signal)
    }
    const begun = begin().finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, begun)
    return begun
  }

  /** Begins to call `fn` every `ms`; calls do not overlap. */
  every(ms: number, fn: (signal: AbortSignal) => void | Promise<void>): void {
    this.#timers.push(every(this.#options.clock, ms, () => fn(this.#life.signal)))
  }

  /** Resolves when no work is under way any more. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) timer.cancel()
    this.#life.abort(new ShoalError('CANCELLED'))
    await Promise.allSettled(this.#underWay.values())
  }
}
