import { create } from '@bufbuild/protobuf'
import type { Clock } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { type Random, uuidBytes, uuidText } from '../base/random.ts'
import { queryToWire } from '../content/entry-wire.ts'
import { type Query, QuerySchema } from '../contract/gen/shoal/v1/common_pb.ts'
import { FloodEngine } from './flood/engine.ts'
import { FilterExchange } from './flood/filter-exchange.ts'
import { HitReader } from './flood/hit-reader.ts'
import { Horizon } from './flood/horizon.ts'
import { DEFAULT_FLOOD_OPTIONS, type FloodOptions, HORIZON, MAX_TTL } from './flood/options.ts'
import { OwnFilter } from './flood/own-filter.ts'
import type { FloodMembership, ProviderReader } from './flood/ports.ts'
import { mayReachAll } from './flood/reach.ts'
import { searchRing } from './flood/search-ring.ts'
import type { ForeignQueries } from './foreign-queries.ts'
import type { LibrarySearch } from './library-locator.ts'
import type { EntrySource, LocateContext, Locator, LocatorHit, Provider, SearchQuery } from './locator.ts'

export { DEFAULT_FLOOD_OPTIONS, type FloodOptions } from './flood/options.ts'

export interface FloodLocatorSetup {
  readonly membership: FloodMembership
  readonly reader: ProviderReader
  /** Answers others' queries. */
  readonly library: LibrarySearch
  /** Told of the queries of others. */
  readonly foreign?: ForeignQueries
  /** What the own filter is made of. */
  readonly source: EntrySource
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly options?: Partial<FloodOptions>
}

/** Providers that a look-up by CID asks for; enough for any download. */
const PROVIDER_LIMIT = 100

/** Finds things by asking neighbours, who ask theirs; filters of what is where keep most queries off most links. */
export class FloodLocator implements Locator {
  readonly name = 'flood'
  readonly #setup: FloodLocatorSetup
  readonly #options: FloodOptions
  readonly #horizon: Horizon
  readonly #own: OwnFilter
  readonly #exchange: FilterExchange
  readonly #engine: FloodEngine
  #unlisten: (() => void) | undefined
  #isStarted = false

  constructor(setup: FloodLocatorSetup) {
    this.#setup = setup
    const { membership, source, clock } = setup
    const options = { ...DEFAULT_FLOOD_OPTIONS, ...setup.options }
    this.#options = { ...options, ttl: Math.min(Math.max(1, options.ttl), MAX_TTL) }
    const log = setup.log.child({ module: 'flood' })
    const { point } = membership.record
    const horizon = new Horizon(point)
    this.#horizon = horizon
    const own: OwnFilter = new OwnFilter({
      ...{ point, source, clock, log, options: this.#options },
      onChange: () => this.#exchange.changed([point]),
    })
    this.#own = own
    const { tellDelayMs } = this.#options
    this.#exchange = new FilterExchange({ membership, horizon, own: () => own.current, clock, tellDelayMs })
    this.#engine = new FloodEngine({ ...setup, horizon, log, options: this.#options })
  }

  start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    const { membership } = this.#setup
    this.#engine.start()
    membership.on('filters', (from, update) => {
      if (this.#unlisten) this.#exchange.changed(this.#horizon.hear(from, update))
    })
    this.#unlisten = membership.neighbourChanges.on(({ neighbour, up }) => {
      if (up) {
        this.#exchange.welcome(neighbour)
        return
      }
      this.#exchange.forget(neighbour.peerId)
      this.#exchange.changed(this.#horizon.lose(neighbour.peerId))
      this.#engine.lose(neighbour.peerId)
    })
    for (const neighbour of membership.neighbours()) this.#exchange.welcome(neighbour)
    this.#own.start()
  }

  /** Noted: the filter that neighbours have of this node is made anew and told. */
  async announce(): Promise<void> {
    this.#own.note()
  }

  async withdraw(): Promise<void> {
    this.#own.note()
  }

  /** Hits come from near peers first; own files last, if there is room, without a provider. UNAVAILABLE without a neighbour, unless nobody else is known. */
  async *search(query: SearchQuery, context: LocateContext): AsyncGenerator<LocatorHit, void, undefined> {
    const found = new Set<string>()
    const given = new Set<string>()
    for await (const hit of this.#ask(query, context, () => found.size < query.limit)) {
      const { cid } = hit.entry
      const key = `${cid} ${hit.providers[0]!.peerId}`
      if (given.has(key)) continue
      given.add(key)
      found.add(cid)
      yield hit
      if (found.size < query.limit) continue
      context.cost.stopped = 'limit'
      return
    }
    if (context.signal.aborted || !this.#unlisten) return
    for (const entry of this.#setup.library.search(query)) {
      if (found.has(entry.cid)) continue
      if (found.size >= query.limit || context.signal.aborted) return
      found.add(entry.cid)
      context.cost.firstHitHops ??= 0
      yield { entry, providers: [] }
    }
  }

  /** Each peer once. UNAVAILABLE without a neighbour, unless nobody else is known. */
  async *providers(cid: string, context: LocateContext): AsyncGenerator<Provider, void, undefined> {
    const found = new Set<string>()
    const query = { cid, limit: PROVIDER_LIMIT }
    for await (const { providers } of this.#ask(query, context, () => found.size < PROVIDER_LIMIT)) {
      for (const provider of providers) {
        if (found.has(provider.peerId)) continue
        found.add(provider.peerId)
        yield provider
      }
    }
  }

  /** Takes back what neighbours were told, and answers nobody any more. */
  async stop(): Promise<void> {
    this.#unlisten?.()
    this.#unlisten = undefined
    this.#engine.stop()
    this.#own.stop()
    this.#exchange.stop()
  }

  getDebugState(): Record<string, unknown> {
    const { version = null, keys = 0, log2Bits = 0 } = this.#own.current ?? {}
    const neighbours = this.#setup.membership.neighbours()
    return {
      filter: { version: String(version), keys, bits: 2 ** log2Bits, isCurrent: this.#own.isCurrent },
      neighbours: Object.fromEntries(
        neighbours.map((each) => [each.peerId, String(this.#horizon.version(each) ?? null)]),
      ),
      horizon: this.#horizon.sizes(),
      ...this.#engine.getDebugState(),
    }
  }

  /** Asks in widening rings when few hits are wanted, and as long as `isWanted`. */
  async *#ask(
    query: SearchQuery,
    context: LocateContext,
    isWanted: () => boolean,
  ): AsyncGenerator<LocatorHit, void, undefined> {
    if (context.signal.aborted) return
    const { membership, reader, random } = this.#setup
    if (membership.neighbours().length === 0) {
      // Alone there is nobody to ask, and nothing wrong.
      if (membership.estimatedSize() <= 1) return
      throw new ShoalError('UNAVAILABLE', 'There is no neighbour to ask.')
    }
    const { ttl, timeoutMs, ringTimeoutMs, ringLimit } = this.#options
    const wire: Query = create(QuerySchema, queryToWire(query))
    const hits = new HitReader({ query, reader, membership })
    const near = query.limit <= ringLimit ? [1, 2] : []
    // Nobody explores within the horizon: worth a try when it promises enough.
    if (this.#engine.promised(wire) >= query.limit) near.push(HORIZON)
    for (const ring of [...near.filter((hops) => hops < ttl), ttl]) {
      if (context.signal.aborted || !isWanted() || !this.#unlisten) return
      const isLast = ring === ttl
      const waitMs = isLast ? timeoutMs : Math.min(ringTimeoutMs, timeoutMs)
      const id = uuidBytes(random)
      context.cost.queryIds.push(uuidText(id))
      const start = this.#engine.ask.bind(this.#engine, id, wire, ring, waitMs)
      const isPartial = yield* searchRing({ start, hits, context })
      if (isLast) this.#noteEnd(context, isPartial)
    }
  }

  #noteEnd({ cost, signal }: LocateContext, isPartial: boolean): void {
    if (signal.aborted) return
    const size = this.#setup.membership.estimatedSize()
    if (isPartial) cost.stopped = 'partial'
    else if (!mayReachAll(this.#horizon.sizes(), this.#options.ttl, size)) cost.stopped = 'ttl'
  }
}
