import type { Clock, Timer } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { EntryKey, SharedEntry } from '../content/entry.ts'
import { queryToWire } from '../content/entry-wire.ts'
import type { ZoneService } from '../contract/gen/shoal/v1/zone_pb.ts'
import type { Links, ServiceImpl } from '../link/rpc.ts'
import type { ForeignQueries } from './foreign-queries.ts'
import { mergedHits, mergedProviders } from './hit-merge.ts'
import type { EntrySource, LocateContext, Locator, LocatorHit, Provider, SearchQuery } from './locator.ts'
import { asProvider, type PeerRecord, type RecordReader } from './membership/peer-record.ts'
import { pointOf, zoneText } from './membership/point.ts'
import type { Signer } from './membership/ports.ts'
import { type AskSetup, askZone } from './zone/ask.ts'
import { Breath } from './zone/breath.ts'
import { ZoneGossip } from './zone/gossip.ts'
import { chooseKey, prefixKey, queryKeys } from './zone/keys.ts'
import { ZoneMember } from './zone/member.ts'
import { DEFAULT_ZONE_OPTIONS, type ZoneOptions } from './zone/options.ts'
import { OwnPages } from './zone/own-pages.ts'
import { type Page, signPage } from './zone/page.ts'
import type { PageReader } from './zone/page-reader.ts'
import type { ZoneMembership } from './zone/ports.ts'
import { ZonePublisher } from './zone/publisher.ts'
import { ZoneStore } from './zone/store.ts'
import { ZoneSyncer } from './zone/syncer.ts'
import { KeyTotals } from './zone/totals.ts'

export { DEFAULT_ZONE_OPTIONS, type ZoneOptions } from './zone/options.ts'

/** What a zone locator is made from. */
export interface ZoneLocatorSetup {
  readonly membership: ZoneMembership
  readonly signer: Signer
  readonly pageReader: PageReader
  readonly recordReader: RecordReader
  readonly source: EntrySource
  readonly links: Links
  /** Asked when no member of a zone answers, and for a prefix alone, which has no zone. */
  readonly fallback?: Pick<Locator, 'search' | 'providers'>
  /** Told of the questions of others. */
  readonly foreign?: ForeignQueries
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly options?: Partial<ZoneOptions>
}

/** Finds things by asking the zone of a word, a SHA-256 or a CID, and tells zones what this node shares. */
export class ZoneLocator implements Locator {
  readonly name = 'zone'
  readonly service: ServiceImpl<typeof ZoneService>
  readonly #setup: ZoneLocatorSetup
  readonly #options: ZoneOptions
  readonly #store: ZoneStore
  readonly #gossip: ZoneGossip
  readonly #syncer: ZoneSyncer
  readonly #own: OwnPages
  readonly #publisher: ZonePublisher
  readonly #totals = new KeyTotals()
  readonly #ask: AskSetup
  #added = new Map<string, SharedEntry>()
  #removed = new Map<string, EntryKey>()
  #revision: string | undefined
  #timer: Timer | undefined
  #isChanging = false
  #offs: (() => void)[] = []
  #state: 'new' | 'running' | 'stopped' = 'new'

  constructor(setup: ZoneLocatorSetup) {
    this.#setup = setup
    const options = { ...DEFAULT_ZONE_OPTIONS, ...setup.options }
    this.#options = options
    const { membership, links, clock, signer, pageReader } = setup
    this.#store = new ZoneStore({ ...setup, options })
    this.#gossip = new ZoneGossip(membership, links, clock, options)
    this.#syncer = new ZoneSyncer({ ...setup, options, store: this.#store, gossip: this.#gossip })
    const sign = (fields: Parameters<typeof signPage>[1]) => {
      const page = signPage(signer, fields)
      pageReader.note?.(page)
      return page
    }
    this.#own = new OwnPages(sign, () => clock.now())
    this.#publisher = new ZonePublisher({
      ...setup,
      options,
      pages: this.#own,
      keep: (page) => this.#keep(page),
      onRenewal: () => this.#recheck(),
    })
    const { foreign } = setup
    const isComplete = () => this.#syncer.isComplete
    const member = new ZoneMember({
      membership,
      store: this.#store,
      gossip: this.#gossip,
      isComplete,
      clock,
      foreign,
    })
    this.service = member.service
    this.#ask = { ...setup, options, onTotal: (key, total) => this.#totals.note(key, total) }
  }

  /** Before the start: makes the pages of what this node shares as if the zones had them already. */
  *beginWithOwn(): Generator<Page> {
    this.#store.rezone(this.#setup.membership.zone.label)
    this.#revision = this.#setup.source.revision()
    for (const pages of this.#own.replace(entriesOf(this.#setup.source))) yield* pages
  }

  /** Before the start: takes in a page of this node's zone, and the record of who published it, as if it had been told of them. */
  beginWith(page: Page, publisher: PeerRecord): void {
    this.#store.note(publisher)
    this.#store.put(page)
  }

  /** Before the start: knows what a zone-mate knows that has been told of everything. */
  beginLike(mate: ZoneLocator): void {
    this.#store.beginLike(mate.#store)
  }

  start(): void {
    if (this.#state !== 'new') return
    this.#state = 'running'
    const { membership } = this.#setup
    this.#store.start()
    this.#syncer.start()
    this.#publisher.start()
    this.#store.rezone(membership.zone.label)
    this.#syncer.rezone(membership.zone.label)
    this.#offs.push(
      membership.zoneChanges.on((zone) => this.#rezone(zone)),
      membership.changes.on(({ record }) => record && this.#store.hear(record)),
    )
    this.#wantChange()
  }

  /** Notes them; they are told in the background. */
  async announce(entries: readonly SharedEntry[], signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    for (const entry of entries) {
      const name = nameOf(entry)
      this.#added.set(name, entry)
      this.#removed.delete(name)
    }
    this.#wantChange()
  }

  async withdraw(keys: readonly EntryKey[], signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    for (const key of keys) {
      const name = nameOf(key)
      this.#added.delete(name)
      this.#removed.set(name, key)
    }
    this.#wantChange()
  }

  /**
   * Asks one member of one zone; nobody when this node is one itself and knows everything. UNAVAILABLE when nobody answers and there is
   * no other way.
   */
  async *search(query: SearchQuery, context: LocateContext): AsyncGenerator<LocatorHit, void, undefined> {
    for await (const hit of mergedHits(this.#find(query, context), this.name, query.limit)) {
      if (context.signal.aborted) return
      yield hit
    }
  }

  /** Asks the zone of the CID. */
  async *providers(cid: string, context: LocateContext): AsyncGenerator<Provider, void, undefined> {
    const hits = this.#find({ cid, limit: 1 }, context)
    yield* mergedProviders(providersOf(hits))
  }

  /** Whether all that was announced and withdrawn has been told, as far as somebody could be told. */
  get isSettled(): boolean {
    return !this.#timer && !this.#isChanging && this.#publisher.isIdle && this.#gossip.isIdle
  }

  /** Ends what runs in the background. That this node leaves is for its membership to say; members hide the pages of who left. */
  async stop(): Promise<void> {
    this.#state = 'stopped'
    this.#timer?.cancel()
    this.#timer = undefined
    for (const off of this.#offs.splice(0)) off()
    this.#store.stop()
    this.#syncer.stop()
    this.#publisher.stop()
    this.#gossip.stop()
  }

  getDebugState(): Record<string, unknown> {
    const { membership } = this.#setup
    return {
      zone: zoneText(membership.zone.label),
      mates: membership.zoneMates().length,
      complete: this.#syncer.isComplete,
      pages: this.#store.directory.size,
      postings: this.#store.directory.postings,
      waiting: this.#publisher.waiting,
      refusal: this.#publisher.refusal ?? null,
      syncs: this.#syncer.rounds,
      failedSyncs: this.#syncer.failures,
    }
  }

  async *#find(query: SearchQuery, context: LocateContext): AsyncGenerator<LocatorHit, void, undefined> {
    const { membership, fallback } = this.#setup
    const rest = queryKeys(query)
    if (rest.length === 0) {
      if (membership.zone.bits === 0) yield* this.#under(prefixKey(query.words ?? ''), query, context)
      else if (fallback) yield* fallback.search(query, context)
      else throw new ShoalError('UNAVAILABLE', 'The start of a word alone belongs to no zone.')
      return
    }
    const isOwn = (key: string) => this.#syncer.isComplete && membership.isInOwnZone(pointOf(key))
    const found = new Set<string>()
    while (rest.length > 0 && !context.signal.aborted) {
      const key = chooseKey(rest, isOwn, (one) => this.#totals.get(one))!
      rest.splice(rest.indexOf(key), 1)
      for await (const hit of this.#under(key, query, context)) {
        found.add(hit.entry.cid)
        yield hit
      }
      // Of a very common word not all is looked through; what is missing is under a rarer one, too.
      const isCut = (this.#totals.get(key) ?? 0) >= this.#options.keyPostings
      if (!isCut || found.size >= query.limit) return
    }
  }

  /** What is known under one key: here if this node knows it all, else at its zone. */
  async *#under(
    key: string,
    query: SearchQuery,
    context: LocateContext,
  ): AsyncGenerator<LocatorHit, void, undefined> {
    if (context.signal.aborted) return
    const { membership, fallback } = this.#setup
    const point = pointOf(key)
    if (membership.isInOwnZone(point)) {
      yield* this.#ownHits(key, query, context)
      if (this.#syncer.isComplete) return
    }
    const isAnswered = yield* askZone(this.#ask, { key, point, wire: queryToWire(query) }, context)
    if (isAnswered || context.signal.aborted) return
    context.cost.problems.push('zone: no member of the zone answered')
    if (fallback) yield* fallback.search(query, context)
    else throw new ShoalError('UNAVAILABLE', 'No member of the zone answered.')
  }

  *#ownHits(key: string, query: SearchQuery, { cost, signal }: LocateContext): Generator<LocatorHit> {
    const { membership } = this.#setup
    const { hits, total } = this.#store.search(key, query)
    this.#totals.note(key, total)
    for (const { entry, peerIds } of hits) {
      if (signal.aborted) return
      peerIds.delete(membership.record.peerId)
      cost.firstHitHops ??= 0
      const providers = [...peerIds].flatMap((peerId) => {
        const record = this.#store.recordOf(peerId)
        return record ? [asProvider(record)] : []
      })
      yield { entry, providers }
    }
  }

  #keep(page: Page): void {
    if (this.#store.put(page) !== 'new') return
    const { record } = this.#setup.membership
    this.#gossip.addPage(page, record)
  }

  #rezone({ label }: { label: number }): void {
    this.#store.rezone(label)
    this.#syncer.rezone(label)
    // What lies in the new zone is kept here, too; what does not and was kept here only is told.
    this.#publisher.add(this.#own.all())
  }

  #wantChange(): void {
    if (this.#state !== 'running' || this.#timer || this.#isChanging) return
    this.#timer = this.#setup.clock.schedule(() => {
      this.#timer = undefined
      void this.#change()
    }, this.#options.settleMs)
  }

  /** A change that was not announced is found here at the latest. */
  #recheck(): void {
    const isQuiet = this.#added.size === 0 && this.#removed.size === 0
    if (isQuiet && this.#revision !== undefined && this.#revision !== this.#setup.source.revision()) {
      this.#revision = undefined
      this.#wantChange()
    }
  }

  /** Brings the pages up to date: all of them when something was missed, or at first. */
  async #change(): Promise<void> {
    const { source } = this.#setup
    const added = [...this.#added.values()]
    const removed = [...this.#removed.values()]
    this.#added = new Map()
    this.#removed = new Map()
    const isFirst = this.#revision === undefined
    this.#revision = source.revision()
    this.#isChanging = true
    const breath = new Breath(this.#setup.clock)
    const made: Page[] = []
    const changes = isFirst ? this.#own.replace(entriesOf(source)) : this.#own.change(added, removed)
    for (const pages of changes) {
      for (const page of pages) made.push(page)
      if (breath.isDue()) await breath.take()
      if (this.#state !== 'running') return
    }
    this.#isChanging = false
    this.#publisher.add(made)
    if (this.#added.size + this.#removed.size > 0) this.#wantChange()
  }
}

async function* providersOf(hits: AsyncIterable<LocatorHit>): AsyncGenerator<Provider, void, undefined> {
  for await (const { providers } of hits) yield* providers
}

const nameOf = ({ cid, path }: EntryKey) => `${cid}\0${path}`

function* entriesOf(source: EntrySource): Generator<SharedEntry> {
  for (const batch of source.batches()) yield* batch
}
