import { ShoalError } from '../base/errors.ts'
import { Limiter } from '../base/limiter.ts'

/** At most `limit` tasks at once, of one name one after the other; as many more may wait, or `waiting`, then BUSY. */
export class Turns {
  readonly #places: Limiter
  readonly #most: number
  readonly #named = new Map<string, { turn: Limiter; users: number }>()
  #count = 0

  constructor(limit: number, waiting = limit) {
    this.#places = new Limiter(limit)
    this.#most = limit + waiting
  }

  /** @throws ShoalError BUSY; what `task` throws; the signal's reason while it waits */
  async run<T>(name: string | undefined, task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#count >= this.#most) throw new ShoalError('BUSY')
    this.#count++
    try {
      const placed = () => this.#places.run(task, signal)
      return await (name === undefined ? placed() : this.#inTurn(name, placed, signal))
    } finally {
      this.#count--
    }
  }

  async #inTurn<T>(name: string, task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const named = this.#named.get(name) ?? { turn: new Limiter(1), users: 0 }
    this.#named.set(name, named)
    named.users++
    try {
      return await named.turn.run(task, signal)
    } finally {
      if (--named.users === 0) this.#named.delete(name)
    }
  }
}
