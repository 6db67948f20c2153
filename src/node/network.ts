import type { NetworkView } from '../api/node-port.ts'
import { type Clock, every, type Timer } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { NeighbourService } from '../contract/gen/shoal/v1/neighbour_pb.ts'
import { ZoneService } from '../contract/gen/shoal/v1/zone_pb.ts'
import { FloodLocator } from '../discovery/flood-locator.ts'
import type { ForeignQueries } from '../discovery/foreign-queries.ts'
import type { LibrarySearch } from '../discovery/library-locator.ts'
import type { EntrySource, Locator } from '../discovery/locator.ts'
import { GrpcNeighbourTransport } from '../discovery/membership/grpc-transport.ts'
import { Membership, type Seed } from '../discovery/membership/membership.ts'
import { asProvider, type PeerRecord, VerifyingReader } from '../discovery/membership/peer-record.ts'
import { zoneText } from '../discovery/membership/point.ts'
import type { PeerBook } from '../discovery/peer-book.ts'
import { VerifyingPageReader } from '../discovery/zone/page-reader.ts'
import { ZoneLocator } from '../discovery/zone-locator.ts'
import { type Identity, verify } from '../link/identity.ts'
import type { LinkPool } from '../link/pool.ts'
import type { LinkServer } from '../link/server.ts'
import { peerTarget } from './process.ts'
import type { NodeConfig } from './settings.ts'

/** The peers that live are noted this often, ms, so that they are remembered with a time that is about right. */
const NOTE_MS = 15_000
/** Most peers noted at a time. */
const MAX_NOTED = 500
/** Peers remembered, or told by an index server, that are tried in turn to join, the ones seen last first. */
const MAX_REMEMBERED = 100
const SEEDS_AT_ONCE = 5

export interface NetworkSetup {
  config: NodeConfig
  identity: Identity
  catalogue: EntrySource & LibrarySearch
  pool: LinkPool
  /** Where to join from, and where peers are remembered. */
  peers: PeerBook
  foreign: ForeignQueries
  self: () => { name: string; addresses: readonly string[] }
  clock: Clock
  random: Random
  log: Logger
}

/** Shares nothing. */
export const NOTHING: EntrySource & LibrarySearch = {
  revision: () => 'nothing',
  batches: () => [],
  search: () => [],
}

/**
 * The part of this node in the network without a server: membership, and the flood and the zones upon it. All three run, whichever
 * locators are enabled: a node that does not pass on floods, or does not keep the directory of its zone, would be a hole in the network.
 * A locator that is not enabled shares nothing of this node.
 */
export class Network {
  readonly membership: Membership
  /** The enabled ones. Started and stopped by their owner. */
  readonly locators: readonly Locator[]
  readonly #setup: NetworkSetup
  readonly #transport: GrpcNeighbourTransport
  readonly #flood: FloodLocator
  readonly #zone: ZoneLocator
  /** How often seeds were wanted. */
  #round = 0
  #timer: Timer | undefined
  #unlisten = () => {}

  constructor(setup: NetworkSetup) {
    const { config, identity, catalogue, pool: links, self, clock, random, log } = setup
    const isEnabled = ({ name }: Locator) => config.discovery.some((enabled) => enabled === name)
    const shared = (name: 'zone' | 'flood') => (config.discovery.includes(name) ? catalogue : NOTHING)
    const reader = new VerifyingReader(verify)
    const common = { clock, random, log, foreign: setup.foreign }
    this.#setup = setup
    this.#transport = new GrpcNeighbourTransport({ links, log })
    this.membership = new Membership({
      ...{ ...common, signer: identity, reader, self, links, transport: this.#transport },
      seeds: () => this.#seeds(),
      options: {
        heartbeatMs: config.heartbeatMs,
        missedHeartbeats: config.missedHeartbeats,
        probeTimeoutMs: config.probeTimeoutMs,
        gossipMs: config.gossipMs,
        recordTtlMs: config.recordTtlMs,
      },
    })
    const { membership } = this
    this.#flood = new FloodLocator({
      ...{ ...common, membership, reader, library: shared('flood'), source: shared('flood') },
      options: { ttl: config.floodTtl },
    })
    this.#zone = new ZoneLocator({
      ...{ ...common, membership, signer: identity, recordReader: reader, links, source: shared('zone') },
      pageReader: new VerifyingPageReader(verify),
      ...(isEnabled(this.#flood) && { fallback: this.#flood }),
      options: { republishMs: config.zoneRepublishMs, syncMs: config.zoneSyncMs },
    })
    this.locators = [this.#zone, this.#flood].filter(isEnabled)
  }

  /** Offers to others what they need of this node. Before the server starts. */
  register(server: LinkServer): void {
    const connect = this.#transport.connectHandler
    server.addService(NeighbourService, { connect, ...this.membership.handlers })
    server.addService(ZoneService, this.#zone.service)
  }

  /** Joins. The enabled locators and the server run already. */
  start(): void {
    this.#unlisten = this.membership.changes.on(({ state, record }) => {
      if (state === 'alive' && record) this.#note(record)
    })
    for (const locator of this.#silent()) locator.start()
    this.membership.start()
    this.#timer = every(this.#setup.clock, NOTE_MS, () => this.#noteAll())
  }

  /** Leaves, and says so to the others. The enabled locators are stopped by their owner, at the same time or before. */
  async stop(): Promise<void> {
    this.#timer?.cancel()
    this.#unlisten()
    this.#noteAll()
    // These only stop timers; nothing goes out any more when the goodbye does.
    await Promise.all([this.#zone.stop(), this.#flood.stop()])
    await this.membership.stop()
  }

  view(): NetworkView {
    const { membership } = this
    return {
      role: membership.record.role,
      neighbours: membership.neighbours().length,
      zone: zoneText(membership.zone.label),
      zoneSize: membership.zoneMates().length + 1,
      size: Math.round(membership.estimatedSize()),
    }
  }

  getDebugState(): Record<string, unknown> {
    return {
      membership: this.membership.getDebugState(),
      zone: this.#zone.getDebugState(),
      flood: this.#flood.getDebugState(),
    }
  }

  #noteAll(): void {
    for (const { record, state, lastSeenMs } of this.membership.list().slice(0, MAX_NOTED)) {
      if (state === 'alive' && lastSeenMs > 0) this.#note(record, lastSeenMs)
    }
  }

  #note(record: PeerRecord, lastSeenMs: number = this.#setup.clock.now()): void {
    this.#setup.peers.seen(asProvider(record), lastSeenMs, 'membership')
  }

  #silent(): Locator[] {
    return [this.#zone, this.#flood].filter((locator) => !this.locators.includes(locator))
  }

  /** Those that were configured, and the next few of the others: old ones must not stand before them in the queue. */
  #seeds(): Seed[] {
    const { config, peers } = this.#setup
    const remembered = peers.list(MAX_REMEMBERED).filter(({ addresses }) => addresses.length > 0)
    const from = remembered.length > SEEDS_AT_ONCE ? (this.#round++ * SEEDS_AT_ONCE) % remembered.length : 0
    const some = [...remembered.slice(from), ...remembered.slice(0, from)].slice(0, SEEDS_AT_ONCE)
    return [...config.peers.map(peerTarget), ...some]
  }
}
