import { ShoalError } from '../../src/base/errors.ts'
import type { EntryKey, SharedEntry } from '../../src/content/entry.ts'
import type {
  LocateContext,
  Locator,
  LocatorHit,
  Provider,
  SearchQuery,
} from '../../src/discovery/locator.ts'

/** A locator that comes into being some time after its node has started. Until then it finds nothing, and forgets what it is told. */
export class LateLocator implements Locator {
  readonly name: Locator['name']
  #inner: Locator | undefined

  constructor(name: Locator['name']) {
    this.name = name
  }

  set inner(locator: Locator) {
    this.#inner = locator
  }

  start(): void {
    this.#inner?.start()
  }

  async announce(entries: readonly SharedEntry[], signal?: AbortSignal): Promise<void> {
    await this.#inner?.announce(entries, signal)
  }

  async withdraw(keys: readonly EntryKey[], signal?: AbortSignal): Promise<void> {
    await this.#inner?.withdraw(keys, signal)
  }

  search(query: SearchQuery, context: LocateContext): AsyncIterable<LocatorHit> {
    return this.#there.search(query, context)
  }

  providers(cid: string, context: LocateContext): AsyncIterable<Provider> {
    return this.#there.providers(cid, context)
  }

  async stop(): Promise<void> {
    await this.#inner?.stop()
  }

  getDebugState(): Record<string, unknown> {
    return this.#inner?.getDebugState() ?? {}
  }

  get #there(): Locator {
    if (!this.#inner) throw new ShoalError('UNAVAILABLE', 'The node has not started yet.')
    return this.#inner
  }
}
