import type { Clock } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { EntryKey, SharedEntry } from '../content/entry.ts'
import { queryToWire } from '../content/entry-wire.ts'
import type { DhtPeer } from '../fabric/dht/dht.ts'
import type { Links } from '../link/rpc.ts'
import { askProvider, type NamedTarget, questionOf } from './dht/ask.ts'
import { askAll } from './dht/ask-all.ts'
import { findHolders, type HolderSetup } from './dht/find-holders.ts'
import { planQuery } from './dht/keys.ts'
import { DEFAULT_DHT_LOCATOR_OPTIONS, type DhtLocatorOptions } from './dht/options.ts'
import type { LocatorDht } from './dht/ports.ts'
import { DhtPublisher } from './dht/publisher.ts'
import { mergedHits, mergedProviders } from './hit-merge.ts'
import type { EntrySource, LocateContext, Locator, LocatorHit, Provider, SearchQuery } from './locator.ts'
import { KeyTotals } from './zone/totals.ts'

export { DEFAULT_DHT_LOCATOR_OPTIONS, type DhtLocatorOptions } from './dht/options.ts'
export type { LocatorDht } from './dht/ports.ts'

export interface DhtLocatorSetup {
  readonly dht: LocatorDht
  readonly links: Links
  readonly source: EntrySource
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** How links reach a peer of the DHT, and its name, which the DHT does not tell. Default: by its PeerId and the multiaddrs that the DHT has of it. */
  readonly targetOf?: (peer: DhtPeer) => NamedTarget
  readonly options?: Partial<DhtLocatorOptions>
}

/**
 * Finds things by Kademlia: whoever shares something tells the peers near the keys of its CID, its SHA-256 and its words; whoever
 * searches asks those who has it, and then those who have it what it is. What a peer does not share any more it does not tell, so
 * records that outlive what they stand for do no harm.
 */
export class DhtLocator implements Locator {
  readonly name = 'dht'
  readonly #setup: DhtLocatorSetup
  readonly #options: DhtLocatorOptions
  readonly #totals = new KeyTotals()
  readonly #targetOf: (peer: DhtPeer) => NamedTarget
  #publisher: DhtPublisher | undefined
  #isStopped = false

  constructor(setup: DhtLocatorSetup) {
    this.#setup = setup
    this.#options = { ...DEFAULT_DHT_LOCATOR_OPTIONS, ...setup.options }
    this.#targetOf = setup.targetOf ?? (({ peerId, addresses }) => ({ peerId, addresses }))
  }

  start(): void {
    if (this.#publisher || this.#isStopped) return
    const log = this.#setup.log.child({ module: 'dht-locator' })
    this.#publisher = new DhtPublisher({ ...this.#setup, log, options: this.#options })
  }

  /** Notes them; they are told in the background. */
  async announce(entries: readonly SharedEntry[], signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    this.#publisher?.add(entries)
  }

  /** Notes it. Nothing can be taken back from a DHT; but this node, when it is asked, does not tell of it any more. */
  async withdraw(keys: readonly EntryKey[], signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (keys.length > 0) this.#publisher?.removed()
  }

  /** UNAVAILABLE without contacts, when nobody near the keys answers, and for the start of a word alone. */
  async *search(query: SearchQuery, context: LocateContext): AsyncGenerator<LocatorHit, void, undefined> {
    if (context.signal.aborted) return
    const found = new Set<string>()
    for await (const hit of mergedHits(this.#find(query, context), this.name, query.limit)) {
      if (context.signal.aborted) return
      yield hit
      found.add(hit.entry.cid)
      if (found.size < query.limit || query.cid !== undefined) continue
      context.cost.stopped = 'limit'
      return
    }
  }

  /** Those who say themselves that they share the CID: the DHT remembers what was withdrawn, and who died, for two days. */
  async *providers(cid: string, context: LocateContext): AsyncGenerator<Provider, void, undefined> {
    if (context.signal.aborted) return
    yield* mergedProviders(providersOf(this.#find({ cid, limit: 1 }, context)))
  }

  /** Whether all that is shared has been told, as far as there was somebody to tell. */
  get isSettled(): boolean {
    return this.#publisher?.isSettled ?? true
  }

  /** Ends what runs in the background. Records stay with others until their time is over, and lead to a peer that does not answer. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#publisher?.stop()
    this.#publisher = undefined
  }

  getDebugState(): Record<string, unknown> {
    return { contacts: this.#setup.dht.size(), ...this.#publisher?.getDebugState() }
  }

  async *#find(query: SearchQuery, context: LocateContext): AsyncGenerator<LocatorHit, void, undefined> {
    const { dht, links, clock } = this.#setup
    const { maxAsked, asking, answerMs, graceMs } = this.#options
    const { keys, isPartial } = planQuery(query, (key) => this.#totals.get(key))
    if (dht.size() === 0) throw new ShoalError('UNAVAILABLE', 'The DHT has no contacts yet.')
    const setup: HolderSetup = {
      ...{ dht, clock, graceMs },
      onTotal: (key, total) => this.#totals.note(key, total),
    }
    const question = questionOf(query, queryToWire(query))
    const ask = { links, clock, answerMs, targetOf: this.#targetOf }
    const { failed, isCut } = yield* askAll(
      findHolders(setup, keys, context),
      (peer, given) => askProvider(ask, peer, question, given),
      { atOnce: asking, most: maxAsked },
      context,
    )
    if (isPartial && !context.signal.aborted) {
      context.cost.problems.push(
        'dht: words this common are found in the shortest names only; add another word',
      )
    }
    if (failed > 0 || isCut || isPartial) context.cost.stopped ??= 'partial'
  }
}

async function* providersOf(hits: AsyncIterable<LocatorHit>): AsyncGenerator<Provider, void, undefined> {
  for await (const { providers } of hits) yield* providers
}
