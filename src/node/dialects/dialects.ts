import { networkInterfaces } from 'node:os'
import type { ContentPort, KeyValuePort } from '../../api/node-port.ts'
import type { DialectView } from '../../api/views/dialect-view.ts'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import type { Random } from '../../base/random.ts'
import { DIALECTS } from '../../dialects/all.ts'
import { Callers } from '../../dialects/callers.ts'
import type { Dialect, DialectAddress } from '../../dialects/dialect.ts'
import { Fence } from '../../dialects/fence.ts'
import { Guests } from '../../dialects/guest-book.ts'
import { GuestFetcher } from '../../dialects/guest-fetcher.ts'
import { GuestLocator } from '../../dialects/guest-locator.ts'
import { fetchGuest } from '../../dialects/guest-target.ts'
import { hostPort, isLoopback, plainHost, splitHostPort } from '../../dialects/hosts.ts'
import { DialectListeners } from '../../dialects/listeners.ts'
import type { DialectSpec } from '../../dialects/spec.ts'
import type { CompoundLocator } from '../../discovery/compound.ts'
import type { Catalogue } from '../../storage/catalogue.ts'
import { announcedAddresses } from '../addresses.ts'
import type { NodeConfig } from '../settings.ts'
import type { GuestFolder } from './guest-folder.ts'
import { OpenShares } from './open-shares.ts'
import { NodeDialectPort } from './port.ts'

export interface NodeDialectsSetup {
  readonly specs: readonly DialectSpec[]
  readonly config: NodeConfig
  readonly peerId: string
  readonly catalogue: Catalogue
  readonly guestFolder: GuestFolder
  /** The folder of copies that are kept for others. */
  readonly copies: () => string
  /** In a private network its nodes are kept from strangers. */
  readonly isPrivate: boolean
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

/** What dialects need that is made later. */
export interface NodeDialectsParts {
  readonly locators: Pick<CompoundLocator, 'search' | 'enabled'>
  readonly content: ContentPort
  readonly kv: KeyValuePort
}

interface Running {
  readonly dialect: Dialect
  readonly address: DialectAddress
}

/** The dialects of a node, put together: what their clients hold is found here, and what the node shares there. */
export class NodeDialects {
  /** To be asked in searches. */
  readonly locator: GuestLocator
  readonly #setup: NodeDialectsSetup
  readonly #guests = new Guests()
  readonly #fetcher: GuestFetcher
  readonly #fence: Fence
  #running: readonly Running[] = []

  constructor(setup: NodeDialectsSetup) {
    const { clock, guestFolder: keeper, peerId } = setup
    const log = setup.log.child({ module: 'dialects' })
    this.#setup = { ...setup, log }
    this.#fence = new Fence(clock)
    this.#fetcher = new GuestFetcher({ guests: this.#guests, keeper, clock, log })
    this.locator = new GuestLocator({
      ...{ guests: this.#guests, fetcher: this.#fetcher, clock, log, self: peerId },
      dialects: () => this.#running.map(({ dialect }) => dialect),
    })
  }

  /**
   * Listens and begins to serve.
   *
   * @returns ends it
   * @throws ShoalError CONFLICT (a port is taken), PERMISSION_DENIED, INVALID_CONFIG
   */
  async start(parts: NodeDialectsParts): Promise<() => Promise<void>> {
    const { specs, config, clock, random, log } = this.#setup
    const host = plainHost(config.dialectHost)
    const calls = new Callers(config.dialectPeers, clock)
    const node = this.#port(parts)
    const context = { node, guests: this.#guests, calls, clock, random, peers: config.dialectPeers }
    const spoken = specs.map((spec) => ({
      spec,
      dialect: DIALECTS[spec.name]({ ...context, log: log.child({ dialect: spec.name }) }),
    }))
    const callableHost = splitHostPort(announcedAddresses(host, 0, networkInterfaces())[0]!).host
    const listeners = new DialectListeners({
      ...{ host, callableHost, allowedHosts: config.allowedHosts, calls, fence: this.#fence, log },
    })
    const addresses = await listeners.open(spoken)
    this.#fetcher.start()
    this.#running = spoken.map(({ dialect }) => ({ dialect, address: addresses.get(dialect.name)! }))
    for (const { dialect, address } of this.#running) {
      dialect.start(address)
      log.info({ dialect: dialect.name, ...address }, 'dialect listens')
    }
    if (!isLoopback(host))
      log.warn({ host }, 'dialects, which prove nothing, can be reached from other machines')
    return async () => {
      await Promise.all(this.#running.map(({ dialect }) => dialect.stop()))
      await listeners.close()
      await this.#fetcher.stop()
      node.close()
    }
  }

  /** Fetches what a client holds; see {@link fetchGuest}. */
  fetchGuest(cid: string, signal: AbortSignal): Promise<{ cid: string; name: string } | undefined> {
    return fetchGuest(cid, { guests: this.#guests, fetcher: this.#fetcher }, signal)
  }

  view(): DialectView[] {
    return this.#running.map(({ dialect, address: { host, port, grpcPort } }) => ({
      name: dialect.name,
      address: hostPort(host, port),
      ...(grpcPort !== undefined && { grpcAddress: hostPort(host, grpcPort) }),
      calls: this.#fence.counts(dialect.name),
      state: dialect.view(),
    }))
  }

  getDebugState(): Record<string, unknown> {
    return { guests: this.#guests.size, kept: this.#fetcher.size, dialects: this.view() }
  }

  #port({ locators, content, kv }: NodeDialectsParts): NodeDialectPort {
    const { config, peerId, catalogue, guestFolder, copies, isPrivate, clock } = this.#setup
    const shares = new OpenShares({
      ...{ catalogue, clock, copies, within: config.dialectShares },
      isGuest: (absPath) => guestFolder.has(absPath),
    })
    const network = config.dialectNetwork && !isPrivate
    return new NodeDialectPort({ peerId, shares, catalogue, locators, content, kv, network, clock })
  }
}
