import type { Clock } from '../base/clock.ts'
import { ShoalError, toShoalError } from '../base/errors.ts'
import { Emitter } from '../base/events.ts'
import type { Logger } from '../base/log.ts'
import { abortable, linkSignals, withDeadline } from '../base/signals.ts'
import type { EntryKey, SharedEntry } from '../content/entry.ts'
import { compoundProviders, type FoundProvider } from './compound-providers.ts'
import { compoundSearch, type SearchEvent, type SearchStory } from './compound-search.ts'
import type { LibraryLocator } from './library-locator.ts'
import type { Locator, LocatorName, SearchQuery } from './locator.ts'
import { checkQuery } from './query.ts'

export type { FoundProvider } from './compound-providers.ts'
export type {
  LocatorReport,
  LocatorStop,
  SearchDone,
  SearchEvent,
  SearchHit,
  SearchStory,
} from './compound-search.ts'

export interface CompoundLocatorOptions {
  /** A search ends after this long, ms, unless the caller says otherwise. Default 10,000. */
  searchTimeoutMs: number
  /** So does a search for providers. Default 30,000: a download would rather wait than give up. */
  providersTimeoutMs: number
  /** How long `stop` waits for the locators to say goodbye, ms. Default 3,000. */
  stopTimeoutMs: number
}

export const DEFAULT_COMPOUND_OPTIONS: CompoundLocatorOptions = {
  searchTimeoutMs: 10_000,
  providersTimeoutMs: 30_000,
  stopTimeoutMs: 3_000,
}

export interface CompoundLocatorSetup {
  /** The enabled locators, each name once, without the library. */
  readonly locators: readonly Locator[]
  readonly library: LibraryLocator
  /** Asked in every search when there is one, and for nothing else. */
  readonly dialects?: Locator | undefined
  readonly clock: Clock
  readonly log: Logger
  readonly options?: Partial<CompoundLocatorOptions>
}

export interface CompoundSearchOptions {
  /** Ask only these, `library` for the own catalogue, `dialects` for clients of other systems. Those and all enabled locators when left out or empty. */
  readonly via?: readonly LocatorName[]
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

/** The library and all enabled locators as one: asked side by side, answers merged by CID as they come. */
export class CompoundLocator {
  /** Searches that are over, also those whose caller left. */
  readonly searched = new Emitter<SearchStory>()
  readonly #locators: readonly Locator[]
  readonly #own: readonly Locator[]
  readonly #clock: Clock
  readonly #log: Logger
  readonly #options: CompoundLocatorOptions
  /** Why the last announcement or withdrawal of a locator failed. */
  readonly #failures = new Map<LocatorName, string>()

  constructor({ locators, library, dialects, clock, log, options }: CompoundLocatorSetup) {
    if (new Set(locators.map((locator) => locator.name)).size < locators.length) {
      throw new ShoalError('INTERNAL', 'Two locators have the same name.')
    }
    this.#locators = locators
    this.#own = [library, ...(dialects ? [dialects] : [])]
    this.#clock = clock
    this.#log = log.child({ module: 'discovery' })
    this.#options = { ...DEFAULT_COMPOUND_OPTIONS, ...options }
  }

  /** Names of the enabled locators, without the library. */
  get enabled(): readonly LocatorName[] {
    return this.#locators.map((locator) => locator.name)
  }

  /** Starts all; one that cannot start is logged and disturbs no other. */
  start(): void {
    for (const locator of this.#locators) {
      try {
        locator.start()
      } catch (error) {
        this.#log.error({ err: error, locator: locator.name }, 'locator did not start')
      }
    }
  }

  /**
   * Streams hits and, last, what each locator did. Throws INVALID_ARGUMENT or INVALID_CID at once, before anything is asked. Nothing
   * is asked before the stream is read; leaving it aborts the work upstream, even while a read is pending.
   */
  search(query: SearchQuery, options: CompoundSearchOptions = {}): AsyncIterable<SearchEvent> {
    const locators = this.#chosen(options.via ?? [])
    const checked = checkQuery(query)
    const { timeoutMs = this.#options.searchTimeoutMs } = options
    const onOver = (story: SearchStory) => this.searched.emit(story)
    return leavable(options.signal, (signal) =>
      compoundSearch({ query: checked, locators, clock: this.#clock, timeoutMs, signal, onOver }),
    )
  }

  /** Streams who has `cid`, without this node; see {@link compoundProviders}. */
  providers(cid: string, options: { signal?: AbortSignal } = {}): AsyncIterable<FoundProvider> {
    const timeoutMs = this.#options.providersTimeoutMs
    return leavable(options.signal, (signal) =>
      compoundProviders({ cid, locators: this.#locators, clock: this.#clock, timeoutMs, signal }),
    )
  }

  /** Announces on every enabled locator. One that fails is logged; rejects only when `signal` aborts. */
  async announce(entries: readonly SharedEntry[], signal?: AbortSignal): Promise<void> {
    if (entries.length > 0) await this.#tellAll('announce', (locator) => locator.announce(entries, signal))
    signal?.throwIfAborted()
  }

  /** Withdraws from every enabled locator; see {@link CompoundLocator.announce}. */
  async withdraw(keys: readonly EntryKey[], signal?: AbortSignal): Promise<void> {
    if (keys.length > 0) await this.#tellAll('withdraw', (locator) => locator.withdraw(keys, signal))
    signal?.throwIfAborted()
  }

  /** Stops all side by side, within {@link CompoundLocatorOptions.stopTimeoutMs}. Never rejects. */
  async stop(): Promise<void> {
    using deadline = withDeadline(this.#clock, this.#options.stopTimeoutMs)
    await Promise.all(
      this.#locators.map(async (locator) => {
        try {
          await abortable(locator.stop(), deadline.signal)
        } catch (error) {
          this.#log.warn({ err: error, locator: locator.name }, 'locator did not stop in good order')
        }
      }),
    )
  }

  getDebugState(): Record<string, unknown> {
    return {
      failures: Object.fromEntries(this.#failures),
      ...Object.fromEntries(this.#locators.map((locator) => [locator.name, locator.getDebugState()])),
    }
  }

  #chosen(via: readonly string[]): readonly Locator[] {
    const all: readonly Locator[] = [...this.#own, ...this.#locators]
    const unknown = via.filter((name) => !all.some((locator) => locator.name === name))
    if (unknown.length > 0) {
      const enabled = this.enabled.join(', ') || 'none'
      throw new ShoalError(
        'INVALID_ARGUMENT',
        `Not enabled here: ${unknown.join(', ')}. Enabled locators: ${enabled}.`,
        { details: { unknown, enabled: this.enabled } },
      )
    }
    return via.length === 0 ? all : all.filter((locator) => via.some((name) => name === locator.name))
  }

  async #tellAll(what: string, tell: (locator: Locator) => Promise<void>): Promise<void> {
    await Promise.all(
      this.#locators.map(async (locator) => {
        try {
          await tell(locator)
          this.#failures.delete(locator.name)
        } catch (error) {
          const { code, message } = toShoalError(error)
          if (code === 'CANCELLED') return
          this.#failures.set(locator.name, `${what}: ${message}`)
          this.#log.warn({ err: error, locator: locator.name }, `locator failed to ${what}`)
        }
      }),
    )
  }
}

/**
 * An async generator's `return()` waits for a pending `next()`; here it aborts the generator's signal first, so that leaving
 * works at any time.
 */
function leavable<T>(
  parent: AbortSignal | undefined,
  open: (signal: AbortSignal) => AsyncGenerator<T, void, undefined>,
): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const link = linkSignals(parent)
      const inner = open(link.signal)
      const end = (): IteratorReturnResult<undefined> => {
        link[Symbol.dispose]()
        return { value: undefined, done: true }
      }
      return {
        async next() {
          try {
            const result = await inner.next()
            return result.done ? end() : result
          } catch (error) {
            end()
            throw error
          }
        },
        async return() {
          link.abort()
          await inner.return()
          return end()
        },
      }
    },
  }
}
