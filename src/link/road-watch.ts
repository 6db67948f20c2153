import type { Timer } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import { type ApproachContext, type Goal, improve } from './approach.ts'
import type { Connection } from './dial.ts'

/** The link whose road is watched. */
export interface WatchedLink {
  goal(): Goal
  /** undefined while there is none. */
  current(): Connection | undefined
  replace(better: Connection): void
}

/** Looks for a better road while a link goes through a tunnel: now and then, less and less often, and when it is told that there may be one. */
export class RoadWatch {
  readonly #context: ApproachContext
  readonly #link: WatchedLink
  #timer: Timer | undefined
  #tries = 0
  #looking: AbortController | undefined

  constructor(context: ApproachContext, link: WatchedLink) {
    this.#context = context
    this.#link = link
  }

  /** The link has a new connection. */
  watch(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#tries = 0
    this.#schedule()
  }

  /** Looks at once. */
  look(): void {
    if (this.#looking || !this.#isImprovable()) return
    this.#timer?.cancel()
    void this.#look()
  }

  /** The link has no connection any more. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#looking?.abort(new ShoalError('CANCELLED'))
  }

  #isImprovable(): boolean {
    const road = this.#link.current()?.road
    return road !== undefined && road !== 'direct'
  }

  #schedule(): void {
    if (!this.#isImprovable()) return
    const { clock, options } = this.#context
    const delayMs = Math.min(options.roadRetryMs * 2 ** this.#tries++, options.roadRetryMaxMs)
    this.#timer = clock.schedule(() => void this.#look(), delayMs)
  }

  async #look(): Promise<void> {
    const before = this.#link.current()
    if (!before || this.#looking) return
    const looking = new AbortController()
    this.#looking = looking
    try {
      const better = await improve(this.#link.goal(), before.road, looking.signal, this.#context)
      if (!better) return
      if (this.#link.current() === before) this.#link.replace(better)
      else void better.close()
    } catch {
      // The link was closed meanwhile.
    } finally {
      this.#looking = undefined
      if (this.#link.current() === before) this.#schedule()
    }
  }
}
