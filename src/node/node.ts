import type {
  ConfigPort,
  DownloadsPort,
  LibraryPort,
  NodeEvent,
  NodePort,
  NodeStatus,
  PeerRow,
  SearchContext,
  SearchEvent,
  UploadsView,
} from '../api/node-port.ts'
import type { Clock } from '../base/clock.ts'
import { Emitter } from '../base/events.ts'
import type { Logger } from '../base/log.ts'
import type { SearchQuery } from '../discovery/locator.ts'
import type { Library } from '../library/library.ts'
import type { LinkPool } from '../link/pool.ts'
import type { LinkServer } from '../link/server.ts'
import type { Catalogue } from '../storage/catalogue.ts'
import type { ConfigStore } from './config-store.ts'
import type { DataFolder } from './data-folder.ts'
import type { Discovery, Self } from './discovery.ts'
import { NodeDownloads } from './downloads.ts'
import { NodeLibrary } from './library.ts'
import { peerRows } from './peer-rows.ts'
import type { NodeConfig } from './settings.ts'
import type { Transfer } from './transfer.ts'

export interface NodeParts {
  readonly folder: DataFolder
  readonly store: ConfigStore<NodeConfig>
  readonly catalogue: Catalogue
  readonly library: Library
  readonly pool: LinkPool
  readonly discovery: Discovery
  readonly transfer: Transfer
  readonly self: () => Self
  readonly clock: Clock
  readonly log: Logger
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
  readonly downloads: DownloadsPort
  readonly config: ConfigPort
  readonly #parts: NodeParts
  readonly #startedMs: number
  #listening: Listening | undefined

  constructor(parts: NodeParts) {
    this.#parts = parts
    this.#startedMs = parts.clock.monotonic()
    this.library = new NodeLibrary(parts)
    this.downloads = new NodeDownloads(parts)
    this.config = configPort(parts.store)
    this.#forwardEvents()
  }

  listening(where: Listening): void {
    this.#listening = where
  }

  status(): NodeStatus {
    const { folder, catalogue, library, discovery, transfer, self, clock } = this.#parts
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
      p2p: [],
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
    }
  }

  search(query: SearchQuery, { signal, via, timeoutMs }: SearchContext): AsyncIterable<SearchEvent> {
    return this.#parts.discovery.locators.search(query, {
      signal,
      via: via ?? [],
      timeoutMs: timeoutMs ?? this.#parts.store.current.searchTimeoutMs,
    })
  }

  uploads(): UploadsView {
    return this.#parts.transfer.uploads()
  }

  peers(): PeerRow[] {
    const { peers, network } = this.#parts.discovery
    return peerRows(peers.list(), network?.membership.list() ?? [])
  }

  debug(): Record<string, unknown> {
    const { library, pool, discovery, transfer } = this.#parts
    return {
      library: library.getDebugState(),
      links: pool.getDebugState(),
      server: this.#listening?.server.getDebugState(),
      discovery: discovery.getDebugState(),
      peers: discovery.peers.getDebugState(),
      transfer: transfer.getDebugState(),
    }
  }

  #forwardEvents(): void {
    const { library, discovery, transfer, store } = this.#parts
    library.changes.on(({ added, removed }) => {
      this.events.emit({ type: 'library', data: { added: added.length, removed: removed.length } })
    })
    discovery.peers.changes.on((peer) => this.events.emit({ type: 'peer', data: peer }))
    transfer.downloads.changes.on((view) => this.events.emit({ type: 'download', data: view }))
    store.changes.on(({ changed }) => this.events.emit({ type: 'config', data: { changed } }))
  }
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
