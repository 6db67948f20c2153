import type { Clock } from '../base/clock.ts'
import { toShoalError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { withDeadline } from '../base/signals.ts'
import { compileQuery } from '../content/match.ts'
import { fanIn } from '../discovery/fan-in.ts'
import type { LocateContext, Locator, LocatorHit, Provider, SearchQuery } from '../discovery/locator.ts'
import type { Dialect, DialectName, GuestFile } from './dialect.ts'
import type { GuestRecord, Guests } from './guest-book.ts'
import type { GuestFetcher } from './guest-fetcher.ts'

/** Those who speak a dialect have so long to answer, ms. */
const ASK_MS = 3000

export interface GuestLocatorSetup {
  readonly guests: Guests
  readonly fetcher: Pick<GuestFetcher, 'kept'>
  /** Those that are asked for files that nobody registered. */
  readonly dialects: () => readonly Dialect[]
  /** PeerId of this node: it is through it that the files can be had. */
  readonly self: string
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Finds what clients of dialects hold, and this node has not fetched yet: what it has is in the library. Nothing of Shoal's goes out here, so
 * there is nothing to announce and nobody to name as a provider to others.
 */
export class GuestLocator implements Locator {
  readonly name = 'dialects'
  readonly #setup: GuestLocatorSetup

  constructor(setup: GuestLocatorSetup) {
    this.#setup = setup
  }

  start(): void {}

  async announce(): Promise<void> {}

  async withdraw(): Promise<void> {}

  async *search(query: SearchQuery, context: LocateContext): AsyncGenerator<LocatorHit, void, undefined> {
    // Who asks for a CID asks for content: what a client says is none yet.
    if (query.cid !== undefined) return
    const { guests, fetcher } = this.#setup
    const seen = new Set<string>()
    const isNews = (record: GuestRecord) =>
      seen.size < query.limit && fetcher.kept(record) === undefined && !seen.has(record.key)
    for (const record of guests.search(query)) {
      if (context.signal.aborted) return
      if (!isNews(record)) continue
      seen.add(record.key)
      context.cost.firstHitHops ??= 0
      yield this.#hit(record)
    }
    for await (const record of this.#asked(query, context)) {
      if (!isNews(record)) continue
      seen.add(record.key)
      context.cost.firstHitHops ??= 1
      yield this.#hit(record)
    }
  }

  async *providers(): AsyncGenerator<Provider, void, undefined> {}

  async stop(): Promise<void> {}

  getDebugState(): Record<string, unknown> {
    return { name: this.name, guests: this.#setup.guests.size }
  }

  async *#asked(
    { words, sha256 }: SearchQuery,
    { signal, cost }: LocateContext,
  ): AsyncGenerator<GuestRecord, void, undefined> {
    const { guests, dialects, clock, log } = this.#setup
    const asked = dialects().filter((dialect) => dialect.search !== undefined)
    if (asked.length === 0 || (words === undefined && sha256 === undefined)) return
    const query = { ...(words !== undefined && { words }), ...(sha256 !== undefined && { sha256 }) }
    const matches = compileQuery({ ...query, limit: 1 })
    cost.asked += asked.length
    using life = withDeadline(clock, ASK_MS, signal)
    const sources = new Map<DialectName, (given: AbortSignal) => AsyncIterable<GuestFile>>(
      asked.map((dialect) => [dialect.name, (given) => dialect.search!(query, given)]),
    )
    for await (const event of fanIn(sources, life.signal)) {
      if (event.type === 'error')
        log.debug({ err: event.error, dialect: event.source }, 'a dialect was not searched')
      if (event.type !== 'item') continue
      try {
        const record = guests.see(event.item)
        if (matches(record.entry, record.text)) yield record
      } catch (error) {
        // What it says of itself cannot be.
        log.debug(
          { dialect: event.source, code: toShoalError(error).code },
          'a hit of a dialect was left out',
        )
      }
    }
  }

  #hit({ file, entry }: GuestRecord): LocatorHit {
    const name = `${file.dialect} ${file.holder}`
    return { entry, providers: [{ peerId: this.#setup.self, name, addresses: [] }] }
  }
}
