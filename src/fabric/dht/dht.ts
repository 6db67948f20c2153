import type { Libp2p } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { base32 } from 'multiformats/bases/base32'
import { type Clock, systemClock } from '../../base/clock.ts'
import type { Emitter } from '../../base/events.ts'
import type { Logger } from '../../base/log.ts'
import { withDeadline } from '../../base/signals.ts'
import { Acquaintance } from './acquaintance.ts'
import { followLookup } from './closest.ts'
import { Contacts } from './contacts.ts'
import { Exchange, type LookupContext } from './exchange.ts'
import { findProviders } from './find-providers.ts'
import { onlyNews } from './hearsay.ts'
import { type Kad, kadOf } from './inside.ts'
import { recordsOf } from './kad-service.ts'
import { DEFAULT_DHT_OPTIONS, type DhtOptions, K } from './options.ts'
import { addressTexts, type DhtPeer, peerPosition, wirePeer } from './peers.ts'
import { compareDistance, type Position, positionOf } from './position.ts'
import { ProviderWalk } from './provider-walk.ts'
import type { RecordStore } from './record-store.ts'
import { type Provided, type SweepSetup, sweep } from './sweep.ts'

export type { LookupContext, LookupCost } from './exchange.ts'
export { type KadServiceOptions, kadService } from './kad-service.ts'
export { DEFAULT_DHT_OPTIONS, type DhtOptions, KAD_PROTOCOL, PEER_STORE_AGES } from './options.ts'
export type { DhtPeer } from './peers.ts'
export type { Provided } from './sweep.ts'

export interface DhtSetup {
  /** Runs, and has the service `dht` of {@link kadService}. */
  readonly libp2p: Libp2p
  readonly log: Logger
  readonly clock?: Clock
  readonly options?: Partial<DhtOptions>
}

/** Positions of peers remembered: more than a routing table has. */
const REMEMBERED_POSITIONS = 4_000

/** The Kademlia of a running libp2p host: who is near a key, who provides it, and telling the others what this node provides. */
export class Dht {
  readonly #libp2p: Libp2p
  readonly #kad: Kad
  readonly #clock: Clock
  readonly #options: DhtOptions
  readonly #exchange: Exchange
  readonly #contacts: Contacts
  readonly #acquaintance: Acquaintance
  readonly #allNews: () => void
  readonly #records: RecordStore | undefined
  readonly #peerId: string
  readonly #position: Position
  readonly #positions = new Map<string, Position>()
  readonly #stopped = new AbortController()
  readonly #counts = { lookups: 0, walks: 0, provided: 0, failures: 0 }

  /** @throws ShoalError INTERNAL when the host has no such service */
  constructor({ libp2p, log, clock = systemClock, options }: DhtSetup) {
    this.#libp2p = libp2p
    this.#kad = kadOf(libp2p)
    this.#clock = clock
    this.#options = { ...DEFAULT_DHT_OPTIONS, ...options }
    const { exchangeMs } = this.#options
    this.#exchange = new Exchange({ libp2p, protocol: this.#kad.protocol, clock, exchangeMs })
    this.#records = recordsOf(this.#kad)
    this.#peerId = libp2p.peerId.toString()
    this.#position = peerPosition(this.#peerId)
    this.#contacts = new Contacts({
      ...{ libp2p, table: this.#kad.routingTable, clock, options: this.#options },
      ping: async (peer) => {
        const cost = { messages: 0, bytes: 0, asked: 0 }
        const isThere = await this.#exchange.ping(peer, { signal: this.#stopped.signal, cost })
        if (!isThere) log.debug({ peerId: peer.peerId }, 'DHT contact is gone')
        return isThere
      },
    })
    this.#allNews = onlyNews(this.#kad, (peer) => !this.#contacts.knows(peer))
    this.#acquaintance = new Acquaintance({
      changes: this.#contacts.changes,
      nearest: () => this.#contacts.closest(this.#position, K).map(({ peerId }) => peerId),
      contacts: () => this.#contacts.ids(),
      look: () => this.#lookAround(),
      clock,
      afterMs: this.#options.acquaintMs,
      everyMs: this.#options.acquaintEveryMs,
    })
  }

  /** A server answers others and is told of records; a client, behind NAT, only asks and tells. */
  mode(): 'client' | 'server' {
    return this.#kad.getMode()
  }

  async setMode(mode: 'client' | 'server'): Promise<void> {
    await this.#kad.setMode(mode)
  }

  /** Contacts that are believed to live. Without any, nothing can be asked. */
  size(): number {
    return this.#contacts.size
  }

  /** Records that it keeps. */
  get records(): number {
    return this.#records?.size ?? 0
  }

  /** Fires when contacts come or go: those who are near a key may be others now. */
  get changes(): Emitter<void> {
    return this.#contacts.changes
  }

  /** The up to 20 peers nearest to `key` that the network has and that answer, nearest first, without this node. Empty without contacts. */
  async closest(key: Uint8Array, context: LookupContext): Promise<DhtPeer[]> {
    const peerIds = await this.#lookUp(key, context, this.#onFailure)
    return Promise.all(peerIds.slice(0, K).map((peerId) => this.#withAddresses(peerId)))
  }

  /**
   * Up to `count` of the contacts nearest to `key`, nearest first: what is known now, at once.
   *
   * @param others PeerIds of peers that were met and may not be contacts; they count, too, unless they are known to be gone
   */
  knownClosest(key: Uint8Array, count: number, others: readonly string[] = []): DhtPeer[] {
    const target = positionOf(key)
    const contacts = this.#contacts.closest(target, count)
    const known = new Set([this.#peerId, ...contacts.map(({ peerId }) => peerId)])
    const met = others.filter((peerId) => !known.has(peerId) && !this.#contacts.isGone(peerId))
    if (met.length === 0) return contacts
    return [...contacts, ...met.map((peerId): DhtPeer => ({ peerId, addresses: [] }))]
      .map((peer) => ({ peer, position: this.#positionOf(peer.peerId) }))
      .sort((a, b) => compareDistance(target, a.position, b.position))
      .slice(0, count)
      .map(({ peer }) => peer)
  }

  /** Whether this node is a server and one of the `count` nearest to `key` that it knows of. */
  isResponsible(key: Uint8Array, count: number): boolean {
    if (this.mode() !== 'server') return false
    const target = positionOf(key)
    const last = this.#contacts.closest(target, count)[count - 1]
    return !last || compareDistance(target, this.#position, this.#positionOf(last.peerId)) < 0
  }

  /**
   * Who has told the network that it provides `key` (the bytes of a multihash), without this node. What this node keeps itself comes first and costs
   * nothing. Ends when the peers near the key have been asked, after `lookupMs`, or when the signal aborts; returns how many of them answered.
   */
  async *providers(key: Uint8Array, context: LookupContext): AsyncGenerator<DhtPeer, number, undefined> {
    if (context.signal.aborted) return 0
    this.#counts.walks++
    const target = positionOf(key)
    const { replicas, quorum, alpha, lookupMs } = this.#options
    const walk = new ProviderWalk({
      ...{ target, self: this.#peerId, positionOf: this.#positionOf },
      start: this.#contacts.closest(target, K),
      ...{ width: replicas, quorum },
    })
    const given = new Set([this.#peerId])
    for (const peerId of this.#records?.providers(base32.baseEncode(key)) ?? []) {
      if (given.has(peerId)) continue
      given.add(peerId)
      yield await this.#withAddresses(peerId)
    }
    using life = withDeadline(this.#clock, lookupMs, context.signal, this.#stopped.signal)
    const setup = { exchange: this.#exchange, alpha, onFailure: this.#onFailure }
    for await (const peer of findProviders(setup, key, walk, { signal: life.signal, cost: context.cost })) {
      if (given.has(peer.peerId)) continue
      given.add(peer.peerId)
      yield peer
    }
    return walk.answers
  }

  /**
   * Tells the network that this node provides `keys` (bytes of multihashes). Also as a client: whoever keeps the records does not ask what the
   * provider is. What a client needs is an address at which others reach it, its relay's if there is no other.
   *
   * Returns one result for each key it came to; all of them unless the signal aborts. A key that nobody took has no holders, and none has
   * any while there are no contacts or no addresses.
   */
  async provide(keys: readonly Uint8Array[], context: LookupContext): Promise<Provided[]> {
    const wire = wirePeer(this.#libp2p.peerId, this.#libp2p.getMultiaddrs())
    if (this.size() === 0 || wire.addresses.length === 0) return keys.map((key) => ({ key, holders: [] }))
    for (const key of keys) this.#records?.add(base32.baseEncode(key), this.#peerId)
    using life = withDeadline(this.#clock, PROVIDE_MS, context.signal, this.#stopped.signal)
    const { replicas, sending, recordsPerAck, recordsPerStream } = this.#options
    const setup: SweepSetup = {
      ...{ exchange: this.#exchange, replicas, sending, recordsPerAck, recordsPerStream },
      closest: (key, given) => this.closest(key, given),
      known: (position, count) => this.#contacts.closest(position, count),
      onFailure: this.#onFailure,
    }
    const self = {
      ...{ peerId: this.#peerId, position: this.#position, wire },
      isServer: this.mode() === 'server',
    }
    const done = await sweep(setup, self, keys, { signal: life.signal, cost: context.cost })
    this.#counts.provided += done.length
    return done
  }

  /** Keys that this node does not provide any more are not answered by itself; what others keep ends with its time. */
  forget(keys: readonly Uint8Array[]): void {
    for (const key of keys) this.#records?.remove(base32.baseEncode(key), this.#peerId)
  }

  /** Stops listening to the host, and ends all that runs. The host itself goes on. */
  stop(): void {
    this.#stopped.abort()
    this.#acquaintance.stop()
    this.#allNews()
    this.#contacts.stop()
  }

  getDebugState(): Record<string, unknown> {
    return {
      mode: this.mode(),
      protocol: this.#kad.protocol,
      contacts: this.size(),
      suspects: this.#contacts.suspects,
      records: this.records,
      ...this.#counts,
    }
  }

  /** PeerIds of those who answered, nearest to `key` first. */
  async #lookUp(
    key: Uint8Array,
    { signal, cost }: LookupContext,
    onFailure: (peerId: string) => void,
  ): Promise<string[]> {
    if (this.size() === 0) return []
    this.#counts.lookups++
    using life = withDeadline(this.#clock, this.#options.lookupMs, signal, this.#stopped.signal)
    const events = this.#kad.getClosestPeers(key, { signal: life.signal })
    const ids = await followLookup(events, key, { signal: life.signal, cost }, onFailure)
    signal.throwIfAborted()
    return ids.map(String)
  }

  async #lookAround(): Promise<string[]> {
    const silent: string[] = []
    const onFailure = (peerId: string) => {
      silent.push(peerId)
      this.#onFailure(peerId)
    }
    const cost = { messages: 0, bytes: 0, asked: 0 }
    const context = { signal: this.#stopped.signal, cost }
    const answered = await this.#lookUp(this.#libp2p.peerId.toMultihash().bytes, context, onFailure)
    return [...answered, ...silent]
  }

  readonly #onFailure = (peerId: string): void => {
    this.#counts.failures++
    this.#contacts.failed(peerId)
  }

  readonly #positionOf = (peerId: string): Position => {
    const known = this.#positions.get(peerId)
    if (known) return known
    const position = peerPosition(peerId)
    if (this.#positions.size >= REMEMBERED_POSITIONS) this.#positions.clear()
    this.#positions.set(peerId, position)
    return position
  }

  async #withAddresses(peerId: string): Promise<DhtPeer> {
    const known = this.#contacts.addressesOf(peerId)
    if (known) return { peerId, addresses: known }
    const id = peerIdFromString(peerId)
    try {
      return { peerId, addresses: addressTexts(peerId, (await this.#libp2p.peerStore.get(id)).addresses) }
    } catch {
      return { peerId, addresses: [] }
    }
  }
}

/** One call of {@link Dht.provide} takes no longer, ms. */
const PROVIDE_MS = 120_000
