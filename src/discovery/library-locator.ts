import type { SharedEntry } from '../content/entry.ts'
import type { LocateContext, Locator, LocatorHit, Provider, SearchQuery } from './locator.ts'

/** What the locator needs of the node's catalogue. */
export interface LibrarySearch {
  /** Entries that match all that is set in `query`, best first, at most `query.limit`. */
  search(query: SearchQuery): readonly SharedEntry[]
}

/**
 * Finds what the node itself shares. The catalogue is the truth that the other locators announce, so there is nothing to
 * announce here, nothing goes out, and {@link LibraryLocator.providers} is empty: the node is no provider to itself.
 */
export class LibraryLocator implements Locator {
  readonly name = 'library'
  readonly #library: LibrarySearch

  constructor({ library }: { library: LibrarySearch }) {
    this.#library = library
  }

  start(): void {}

  async announce(): Promise<void> {}

  async withdraw(): Promise<void> {}

  /** One hit a CID, the first path of each; no providers, since these are the node's own files. */
  async *search(
    query: SearchQuery,
    { signal, cost }: LocateContext,
  ): AsyncGenerator<LocatorHit, void, undefined> {
    const seen = new Set<string>()
    if (signal.aborted) return
    for (const entry of this.#library.search(query)) {
      if (seen.has(entry.cid)) continue
      if (signal.aborted || seen.size >= query.limit) return
      seen.add(entry.cid)
      cost.firstHitHops = 0
      yield { entry, providers: [] }
    }
  }

  async *providers(): AsyncGenerator<Provider, void, undefined> {}

  async stop(): Promise<void> {}

  getDebugState(): Record<string, unknown> {
    return { name: this.name }
  }
}
