import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Tracing } from '../base/tracing.ts'
import { IndexService } from '../contract/gen/shoal/v1/index_pb.ts'
import type { Identity } from '../link/identity.ts'
import type { PrivateNetwork } from '../link/private-network.ts'
import { LinkServer } from '../link/server.ts'
import { lockDataFolder } from '../storage/data-lock.ts'
import { DEFAULT_INDEX_OPTIONS, type IndexOptions } from './options.ts'
import { IndexRegistry } from './registry.ts'
import { indexServiceImpl } from './service.ts'

/** Folder in the data folder that the index server has for itself. */
export const INDEX_FOLDER = 'index'

export interface IndexServerContext {
  /** Data folder; made when it is not there. */
  readonly dataDir: string
  readonly identity: Identity
  readonly grpcHost: string
  /** 0: any free port. */
  readonly grpcPort: number
  readonly clock: Clock
  readonly log: Logger
  readonly random?: Random
  readonly options?: Partial<IndexOptions>
  /** Take another port when the wanted one is taken; default false. */
  readonly fallbackToFreePort?: boolean
  /** Only its members are answered; undefined for the public network. */
  readonly network?: PrivateNetwork | undefined
  readonly tracing?: Tracing | undefined
  /** Multiaddrs of the libp2p host beside it, which relays for peers that nobody can reach; asked at each login. */
  readonly multiaddrs?: () => readonly string[]
}

/** The index server as peers see it: the registry behind gRPC. */
export class IndexServer {
  readonly registry: IndexRegistry
  /** Where it listens. */
  readonly grpc: { readonly host: string; readonly port: number }
  readonly #link: LinkServer
  readonly #unlock: () => void
  #stopping: Promise<void> | undefined

  private constructor(parts: {
    registry: IndexRegistry
    link: LinkServer
    grpc: IndexServer['grpc']
    unlock: () => void
  }) {
    this.registry = parts.registry
    this.#link = parts.link
    this.grpc = parts.grpc
    this.#unlock = parts.unlock
  }

  /**
   * Opens the index in `dataDir` and answers calls.
   *
   * @throws ShoalError CONFLICT when the port is taken, or another process serves this index; IO, NO_SPACE, PERMISSION_DENIED
   */
  static async open(context: IndexServerContext): Promise<IndexServer> {
    const {
      dataDir,
      identity,
      grpcHost,
      grpcPort,
      clock,
      random,
      options,
      fallbackToFreePort = false,
      network,
    } = context
    const log = context.log.child({ module: 'index' })
    const folder = join(dataDir, INDEX_FOLDER)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const unlock = lockDataFolder(folder)
    let registry: IndexRegistry | undefined
    try {
      registry = await IndexRegistry.open({ path: join(folder, 'index.db'), clock, log, random, options })
      const { maxConnections, maxPeersPerHost } = { ...DEFAULT_INDEX_OPTIONS, ...options }
      const link = new LinkServer({
        identity,
        host: grpcHost,
        port: grpcPort,
        log,
        clock,
        network,
        tracing: context.tracing,
        // A connection for each peer, and one for each that is being replaced after a break.
        options: { fallbackToFreePort, maxConnections, maxConnectionsPerAddress: 2 * maxPeersPerHost },
      })
      link.addService(IndexService, indexServiceImpl(registry, context.multiaddrs))
      const grpc = await link.start()
      log.info({ ...grpc, peerId: identity.peerId }, 'index server listens')
      return new IndexServer({ registry, link, grpc, unlock })
    } catch (error) {
      await registry?.close()
      unlock()
      throw error
    }
  }

  /** Takes the stream of a tunnel, as LinkServer.injectConnection. */
  injectConnection(stream: Duplex): void {
    this.#link.injectConnection(stream)
  }

  /** Lets calls finish for a moment, writes everything and closes. May be called twice. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    await this.#link.stop({ graceMs: 500 })
    await this.registry.close()
    this.#unlock()
  }

  /** A snapshot for people who look for a fault. */
  async getDebugState(): Promise<Record<string, unknown>> {
    return { link: this.#link.getDebugState(), registry: await this.registry.getDebugState() }
  }
}
