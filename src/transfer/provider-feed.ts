import { type Clock, sleep } from '../base/clock.ts'
import { toShoalError } from '../base/errors.ts'
import { Emitter } from '../base/events.ts'
import type { Logger } from '../base/log.ts'
import { linkSignals, withDeadline } from '../base/signals.ts'
import { isPeerId } from '../link/peer-id.ts'
import { MAX_CANDIDATES } from './candidates.ts'
import type { TransferOptions } from './options.ts'
import type { Provider } from './ports.ts'

export interface FeedSetup {
  /** One look-up. */
  readonly lookUp: (signal: AbortSignal) => AsyncIterable<Provider>
  /** Waits with the first look-up until somebody is in a hurry. */
  readonly lazy?: boolean
  /** While true, answers of nobody are no reason to give up soon: {@link ProviderFeed.isHopeless} stays false. */
  readonly isPatient?: () => boolean
  readonly clock: Clock
  readonly log: Logger
  readonly options: TransferOptions
}

/** So many answers of nobody are believed: the first may come while a provider is still telling that it is there. */
const FRUITLESS_LOOK_UPS = 2

/** The longest that a timer of Node takes, ms. */
const NEVER_MS = 2 ** 31 - 1

/**
 * How long a download that has no data waits for a provider, ms: less once nobody has it by the word of all `feeds`.
 * See `notFoundAfterMs` and `resolveTimeoutMs`.
 */
export function patienceMs(feeds: readonly ProviderFeed[], options: TransferOptions): number {
  const { notFoundAfterMs, resolveTimeoutMs } = options
  const isHopeless = feeds.every((feed) => feed.isHopeless)
  return isHopeless ? Math.min(notFoundAfterMs, resolveTimeoutMs) : resolveTimeoutMs
}

/** Looks up the providers of one CID, again and again: at ease while they serve, soon while nobody does. */
export class ProviderFeed {
  readonly found = new Emitter<Provider>()
  readonly #setup: FeedSetup
  readonly #known = new Map<string, Provider>()
  #wake: (() => void) | undefined
  #hurried = false
  /** Why the last look-up failed. */
  #problem: string | undefined
  /** Look-ups in a row that came to their end; {@link known} tells whether they found anybody. */
  #fruitless = 0

  constructor(setup: FeedSetup) {
    this.#setup = setup
  }

  /** Everybody found so far, at most {@link MAX_CANDIDATES}. */
  get known(): Provider[] {
    return [...this.#known.values()]
  }

  get problem(): string | undefined {
    return this.#problem
  }

  /** Everybody who could be asked said, more than once, that nobody has it. */
  get isHopeless(): boolean {
    if (this.#setup.isPatient?.()) return false
    return this.#known.size === 0 && this.#fruitless >= FRUITLESS_LOOK_UPS
  }

  /** Nobody serves: look now, or as soon as the last look-up is not just over. */
  hurry(): void {
    this.#hurried = true
    this.#wake?.()
  }

  /** Works until `signal` aborts; never throws. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, options } = this.#setup
    let pauseMs = options.lookupHurryMs
    try {
      if (this.#setup.lazy) await this.#waitForHurry(NEVER_MS, signal)
      while (!signal.aborted) {
        const before = this.#known.size
        this.#hurried = false
        await this.#lookUp(signal)
        pauseMs =
          this.#known.size > before ? options.lookupHurryMs : Math.min(pauseMs * 2, options.lookupEveryMs)
        // However hurried: looking up all the time finds no more and costs the locators much.
        await sleep(clock, pauseMs, signal)
        await this.#waitForHurry(options.lookupEveryMs - pauseMs, signal)
      }
    } catch (error) {
      if (!signal.aborted) this.#setup.log.error({ err: error }, 'provider look-up ended')
    }
  }

  async #lookUp(signal: AbortSignal): Promise<void> {
    using deadline = withDeadline(this.#setup.clock, this.#setup.options.lookupTimeoutMs, signal)
    try {
      for await (const provider of this.#setup.lookUp(deadline.signal)) {
        if (deadline.signal.aborted) break
        this.#offer(provider)
      }
      // One that was cut off has not asked everybody, however quietly it ended.
      deadline.signal.throwIfAborted()
      this.#problem = undefined
      this.#fruitless++
    } catch (error) {
      this.#problem = toShoalError(error).message
      this.#fruitless = 0
    }
  }

  #offer(provider: Provider): void {
    if (!isPeerId(provider.peerId)) return
    if (this.#known.size >= MAX_CANDIDATES && !this.#known.has(provider.peerId)) return
    this.#known.set(provider.peerId, provider)
    this.found.emit(provider)
  }

  /** Until {@link hurry}, or for `ms`. */
  async #waitForHurry(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#hurried) return
    using linked = linkSignals(signal)
    this.#wake = () => linked.abort()
    try {
      await sleep(this.#setup.clock, ms, linked.signal)
    } catch (error) {
      if (signal.aborted) throw error
    } finally {
      this.#wake = undefined
    }
  }
}
