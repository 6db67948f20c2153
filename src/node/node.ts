import { networkInterfaces } from 'node:os'
import type {
  ConfigPort,
  ContentPort,
  DoctorCheck,
  DownloadsPort,
  KeyValuePort,
  LibraryPort,
  NodeEvent,
  NodePort,
  NodeStatus,
  PeerRow,
  RelayView,
  ReplicaCounts,
  SearchContext,
  SearchEvent,
  StatsPort,
  UploadAction,
  UploadPeerView,
  UploadsView,
  VerifyPort,
} from '../api/node-port.ts'
import type { Readiness } from '../api/readiness.ts'
import type { ReplicationPort } from '../api/views/replica-view.ts'
import { verifyLine } from '../api/views/verify-json.ts'
import type { Clock } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import { Emitter } from '../base/events.ts'
import type { Logger } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Tracing } from '../base/tracing.ts'
import type { SearchQuery } from '../discovery/locator.ts'
import type { Fabric } from '../fabric/fabric.ts'
import type { KeyValueStore } from '../kv/key-value-store.ts'
import type { Library } from '../library/library.ts'
import type { LinkPool } from '../link/pool.ts'
import type { PrivateNetwork } from '../link/private-network.ts'
import type { LinkServer } from '../link/server.ts'
import type { Catalogue } from '../storage/catalogue.ts'
import type { WishStore } from '../storage/wish-store.ts'
import type { ConfigStore } from './config-store.ts'
import type { DataFolder } from './data-folder.ts'
import type { NodeDialects } from './dialects/dialects.ts'
import type { Discovery, Self } from './discovery.ts'
import { gatherFacts } from './doctor/gather.ts'
import { nodeChecks } from './doctor/node-checks.ts'
import { NodeDownloads } from './downloads.ts'
import type { IncomingFiles } from './incoming-files.ts'
import { NodeLibrary } from './library.ts'
import { NodeLinks } from './links.ts'
import { NodeMetrics } from './metrics.ts'
import { peerRows } from './peer-rows.ts'
import { NODE_STEPS, type NodeStep, ReadySteps } from './ready-steps.ts'
import type { NodeConfig } from './settings.ts'
import type { NodeStats } from './stats/stats.ts'
import { traceSearch } from './tracing/trace-search.ts'
import type { Transfer } from './transfer.ts'
import { NodeVerify } from './verify.ts'
import type { Wishes } from './wishes/wishes.ts'
import { nodeWishes } from './wishes.ts'

export interface NodeParts {
  readonly folder: DataFolder
  readonly store: ConfigStore<NodeConfig>
  readonly catalogue: Catalogue
  readonly library: Library
  readonly pool: LinkPool
  readonly fabric: Fabric
  readonly discovery: Discovery
  readonly transfer: Transfer
  readonly stats: NodeStats
  readonly content: ContentPort
  readonly incoming: IncomingFiles
  /** Undefined when this node is not in the DHT. */
  readonly kv?: KeyValueStore | undefined
  /** Undefined when this node speaks none. */
  readonly dialects?: NodeDialects | undefined
  readonly wishStore: WishStore
  readonly replication: ReplicationPort
  readonly replicaCounts: () => ReplicaCounts
  /** Undefined in the public network. */
  readonly privateNetwork?: PrivateNetwork | undefined
  readonly self: () => Self
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly tracing?: Tracing | undefined
}

/** Where the node listens, known once it does. */
export interface Listening {
  /** URL of the HTTP API. */
  readonly http: string
  /** HOST:PORT. */
  readonly grpc: string
  readonly server: LinkServer
}

/** The node as its API sees it: hands each question to the part that knows the answer. */
export class Node implements NodePort {
  readonly events = new Emitter<NodeEvent>()
  readonly library: LibraryPort
  readonly verify: VerifyPort
  readonly downloads: DownloadsPort
  readonly config: ConfigPort
  readonly kv: KeyValuePort
  readonly wishes: Wishes
  readonly replication: ReplicationPort
  readonly stats: StatsPort
  readonly content: ContentPort
  readonly links: NodeLinks
  readonly incoming: IncomingFiles
  readonly metrics = new NodeMetrics()
  readonly ready = new ReadySteps<NodeStep>(NODE_STEPS)
  readonly #parts: NodeParts
  readonly #startedMs: number
  #listening: Listening | undefined

  constructor(parts: NodeParts) {
    this.#parts = parts
    this.#startedMs = parts.clock.monotonic()
    this.library = new NodeLibrary(parts)
    this.verify = new NodeVerify(parts.library)
    this.downloads = new NodeDownloads(parts, () => this.events.emit({ type: 'download-removed', data: {} }))
    this.config = configPort(parts.store)
    this.kv = parts.kv ?? NO_KEY_VALUES
    this.wishes = nodeWishes(parts, this)
    this.replication = parts.replication
    this.stats = parts.stats
    this.metrics.counters = () => parts.stats.totals()
    this.content = parts.content
    this.links = new NodeLinks(parts)
    this.incoming = parts.incoming
    this.#forwardEvents()
  }

  listening(where: Listening): void {
    this.#listening = where
    this.ready.done('listening')
  }

  status(): NodeStatus {
    const { folder, catalogue, library, fabric, discovery, transfer, self, clock } = this.#parts
    const { privateNetwork, dialects } = this.#parts
    const { peerId, name, version, addresses } = self()
    const { failures: _, ...locators } = discovery.locators.getDebugState()
    return {
      peerId,
      name,
      version,
      uptimeMs: Math.round(clock.monotonic() - this.#startedMs),
      http: this.#listening?.http ?? '',
      grpc: this.#listening?.grpc,
      addresses,
      p2p: fabric.listening(),
      dataDir: folder.root,
      library: {
        ...catalogue.totals(),
        hashing: library.hashing ?? null,
        shares: catalogue.shares().map((share) => share.path),
      },
      locators,
      downloads: transfer.downloadCounts(),
      uploads: transfer.uploadCounts(),
      peers: this.peers().filter(({ state }) => state !== 'dead' && state !== 'left').length,
      network: discovery.network?.view() ?? null,
      reachability: fabric.reachability,
      relay: relayView(fabric),
      dht: { mode: fabric.dht.mode(), contacts: fabric.dht.size() },
      privateNetwork: privateNetwork
        ? { name: privateNetwork.name, fingerprint: privateNetwork.key.fingerprint }
        : null,
      replicas: this.#parts.replicaCounts(),
      dialects: dialects?.view() ?? [],
    }
  }

  readiness(): Readiness {
    return this.ready.readiness()
  }

  search(query: SearchQuery, { signal, via, timeoutMs }: SearchContext): AsyncIterable<SearchEvent> {
    const events = this.#parts.discovery.locators.search(query, {
      signal,
      via: via ?? [],
      timeoutMs: timeoutMs ?? this.#parts.store.current.searchTimeoutMs,
    })
    const { tracing, clock } = this.#parts
    return tracing ? traceSearch(events, tracing, clock) : events
  }

  uploads(): UploadsView {
    return this.#parts.transfer.uploads()
  }

  controlUploads(peerId: string, action: UploadAction): UploadPeerView {
    return this.#parts.transfer.uploadControl.act(peerId, action)
  }

  peers(): PeerRow[] {
    const { pool, fabric, discovery } = this.#parts
    const { peers, network } = discovery
    return peerRows(peers.list(), network?.membership.list() ?? [], {
      roadTo: (peerId) => pool.roadTo(peerId) ?? fabric.roadTo(peerId),
      addressOf: (peerId) => pool.addressOf(peerId),
    })
  }

  debug(): Record<string, unknown> {
    const { library, pool, fabric, discovery, transfer, kv, dialects } = this.#parts
    return {
      library: library.getDebugState(),
      links: pool.getDebugState(),
      fabric: fabric.getDebugState(),
      server: this.#listening?.server.getDebugState(),
      discovery: discovery.getDebugState(),
      peers: discovery.peers.getDebugState(),
      transfer: transfer.getDebugState(),
      ...(kv && { kv: kv.getDebugState() }),
      ...(dialects && { dialects: dialects.getDebugState() }),
      wishes: this.wishes.getDebugState(),
    }
  }

  async doctor(signal: AbortSignal): Promise<DoctorCheck[]> {
    const { store, clock } = this.#parts
    const uptimeMs = clock.monotonic() - this.#startedMs
    const from = { ...this.#parts, config: store.current, uptimeMs, interfaces: networkInterfaces }
    return nodeChecks(await gatherFacts(from, signal))
  }

  #forwardEvents(): void {
    const { library, discovery, transfer, stats, store } = this.#parts
    library.changes.on(({ added, removed }) => {
      this.events.emit({ type: 'library', data: { added: added.length, removed: removed.length } })
    })
    library.verifier.events.on((event) => this.events.emit({ type: 'verify', data: verifyLine(event) }))
    discovery.peers.changes.on((peer) => this.events.emit({ type: 'peer', data: peer }))
    transfer.downloads.changes.on((view) => this.events.emit({ type: 'download', data: view }))
    // Without the words: these are for who has the token.
    stats.searched.on(({ id, hits, ms, via }) => {
      this.events.emit({ type: 'search', data: { id, hits, ms } })
      this.metrics.searched({ via })
    })
    store.changes.on(({ changed }) => this.events.emit({ type: 'config', data: { changed } }))
  }
}

const NO_KEY_VALUES: KeyValuePort = { put: notInDht, get: notInDht }

async function notInDht(): Promise<never> {
  throw new ShoalError(
    'CONFLICT',
    'Values are kept by the nodes of the DHT, and this node is not one: add dht to its setting discovery, then restart it.',
  )
}

function configPort(store: ConfigStore<NodeConfig>): ConfigPort {
  return {
    get: () => ({
      config: store.current,
      schema: store.schema as unknown as Record<string, unknown>,
      sources: store.sources,
    }),
    async patch(changes) {
      const restartNeeded = store.patch({ ...changes })
      return { config: store.current, restartNeeded }
    },
  }
}

function relayView({ relays, relay }: Fabric): RelayView {
  if (!relay) return { reservations: relays.reservations, serving: null }
  const { reservations, slots, connections, bytesToday, bytesPerDay } = relay
  const serving = { reservations, slots, connections, bytesToday, bytesPerDay }
  return { reservations: relays.reservations, serving }
}
