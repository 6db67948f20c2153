import type { DescService } from '@bufbuild/protobuf'
import type { Clock, Timer } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import { Emitter } from '../base/events.ts'
import type { Logger } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { linkSignals } from '../base/signals.ts'
import type { Tracing } from '../base/tracing.ts'
import { isMultiaddr, parseAddress } from './address.ts'
import { makeClient } from './client-calls.ts'
import { Doorstep } from './doorstep.ts'
import type { Identity } from './identity.ts'
import { dialLine, dialLineThrough, type LineGoal, type LineReader, type PeerLine } from './line.ts'
import { type Lease, Link, type LinkContext, type LinkState } from './link.ts'
import { isPeerId } from './peer-id.ts'
import { DEFAULT_LINK_POOL_OPTIONS, type LinkPoolOptions } from './pool-options.ts'
import type { PrivateNetwork } from './private-network.ts'
import type { Road, Tunnels } from './roads.ts'
import type { Client, Links, LinkTarget } from './rpc.ts'
import { reasonOf } from './streams.ts'
import { CertificateSource } from './tls.ts'

export type { LinkState } from './link.ts'
export { DEFAULT_LINK_POOL_OPTIONS, type LinkPoolOptions } from './pool-options.ts'
export type { LinkTarget } from './rpc.ts'

/** What a pool is made from. */
export interface LinkPoolContext {
  identity: Identity
  log: Logger
  clock: Clock
  random: Random
  /** Only its members are called; undefined for the public network. */
  network?: PrivateNetwork | undefined
  options?: LinkPoolOptions
  tracing?: Tracing | undefined
}

/** Calls peers: one connection a peer, shared by all clients of this pool, made when it is needed. */
export class LinkPool implements Links {
  /** A peer is connected: for the first time, again, or by a better road than before; then calls that still run use the old one. */
  readonly roads = new Emitter<{ peerId: string; road: Road }>()
  readonly #context: LinkContext
  readonly #log: Logger
  readonly #tracing: Tracing | undefined
  readonly #closing = new AbortController()
  #links = new Map<string, Link>()
  #sweep: Timer | undefined
  #unlisten = () => {}

  constructor({ identity, log, clock, random, network, options, tracing }: LinkPoolContext) {
    this.#log = log
    this.#tracing = tracing
    this.#context = {
      certificates: new CertificateSource(identity, clock, network),
      network,
      clock,
      random,
      doorstep: new Doorstep(random),
      onRoad: (peerId, road) => this.roads.emit({ peerId, road }),
      options: { ...DEFAULT_LINK_POOL_OPTIONS, ...options },
    }
  }

  /** From now on peers that cannot be reached directly are reached through tunnels. */
  useTunnels(tunnels: Tunnels): void {
    this.#unlisten()
    this.#context.tunnels = tunnels
    this.#unlisten = tunnels.onBetterRoad((peerId) => {
      for (const link of this.#links.values()) if (link.remotePeerId === peerId) link.lookForRoad()
    })
  }

  /** HOST:PORT or multiaddr of the open link to a peer. */
  addressOf(peerId: string): string | undefined {
    return this.#linkTo(peerId)?.remoteAddress
  }

  /** How a peer is reached now; undefined when it is not connected. */
  roadTo(peerId: string): Road | undefined {
    return this.#linkTo(peerId)?.road
  }

  /**
   * * A client for `service` at a peer. Connects nothing yet: the first call does. Cheap, and good for as
   * long as the pool is. Throws INVALID_ARGUMENT when `peerId` is none.
   */
  connect<S extends DescService>(service: S, target: LinkTarget): Client<S> {
    const { peerId, addresses } = target
    if (peerId !== undefined) requirePeerId(peerId)
    const key = peerId ?? addresses.join()
    return makeClient(service, {
      clock: this.#context.clock,
      closing: this.#closing.signal,
      callTimeoutMs: this.#context.options.callTimeoutMs,
      acquire: (signal) => this.#acquire(key, peerId, addresses, signal),
      remotePeerId: () => peerId ?? this.#links.get(key)?.remotePeerId,
      remoteAddress: () => this.#links.get(key)?.remoteAddress,
      road: () => this.#links.get(key)?.road,
      tracing: this.#tracing,
    })
  }

  /**
   * Opens a line: another protocol than gRPC, by the road that the peer's link has. The link is kept for as long as the line.
   *
   * @param reader takes what comes
   * @throws ShoalError INVALID_ARGUMENT; what connecting throws; UNAVAILABLE when the peer does not speak that protocol
   */
  async openLine(
    target: LinkTarget & { peerId: string },
    alpn: string,
    reader: LineReader,
    { signal: given }: { signal: AbortSignal },
  ): Promise<PeerLine> {
    const { peerId, addresses } = target
    requirePeerId(peerId)
    using linked = linkSignals(given, this.#closing.signal)
    const { signal } = linked
    const lease = await this.#acquire(peerId, peerId, addresses, signal)
    try {
      const line = await this.#dialLine(target, { peerId, alpn }, reader, signal)
      const onClosing = () => line.close()
      this.#closing.signal.addEventListener('abort', onClosing, { once: true })
      void line.lost.then(() => {
        this.#closing.signal.removeEventListener('abort', onClosing)
        lease.release()
      })
      return line
    } catch (error) {
      lease.release()
      throw signal.aborted ? reasonOf(signal) : error
    }
  }

  async #dialLine(
    { peerId, addresses }: LinkTarget & { peerId: string },
    goal: LineGoal,
    reader: LineReader,
    signal: AbortSignal,
  ): Promise<PeerLine> {
    const { remoteAddress: text, road } = this.#links.get(peerId) ?? {}
    if (road === 'direct' && text !== undefined)
      return dialLine({ ...parseAddress(text), text }, goal, reader, signal, this.#context)
    const { tunnels } = this.#context
    if (!tunnels || text === undefined) throw new ShoalError('UNAVAILABLE', 'The connection was lost.')
    const tunnel = await tunnels.open(peerId, addresses.filter(isMultiaddr), signal)
    return dialLineThrough(tunnel, goal, reader, signal, this.#context)
  }

  /** Drops the connection to a peer and what is remembered of it. Calls that run may finish. */
  forget(peerId: string): void {
    for (const [key, link] of this.#links) {
      if (link.remotePeerId !== peerId) continue
      this.#links.delete(key)
      void link.close()
    }
  }

  /**
   * Cancels all calls and closes all connections; calls made later fail with CANCELLED. Leaves no socket
   * behind.
   */
  async close(): Promise<void> {
    this.#sweep?.cancel()
    this.#unlisten()
    this.#closing.abort(new ShoalError('CANCELLED', 'The links are closed.'))
    await Promise.all([...this.#links.values()].map((link) => link.close()))
    this.#links.clear()
    await this.#context.doorstep.close()
  }

  /** The peers that are or were lately connected. */
  peers(): LinkState[] {
    return [...this.#links.values()].map((link) => link.snapshot())
  }

  /** A snapshot for people who look for a fault. */
  getDebugState(): Record<string, unknown> {
    return { closed: this.#closing.signal.aborted, links: this.peers() }
  }

  async #acquire(
    key: string,
    peerId: string | undefined,
    addresses: readonly string[],
    signal: AbortSignal,
  ): Promise<Lease> {
    let link = this.#links.get(key)
    if (!link) {
      this.#makeRoom()
      link = new Link(peerId, this.#context)
      this.#links.set(key, link)
    }
    link.lastUsedMs = this.#context.clock.monotonic()
    this.#armSweep()
    return link.acquire(addresses, signal)
  }

  /** The link to a peer, preferably one with a connection; peers called by address only are known by who answered. */
  #linkTo(peerId: string): Link | undefined {
    const known = this.#links.get(peerId)
    if (known?.road) return known
    for (const link of this.#links.values()) if (link.remotePeerId === peerId && link.road) return link
    return known
  }

  #makeRoom(): void {
    if (this.#links.size < this.#context.options.maxLinks) return
    const idle = [...this.#links].filter(([, link]) => link.unused)
    const oldest = idle.sort(([, a], [, b]) => a.lastUsedMs - b.lastUsedMs)[0]
    if (!oldest)
      throw new ShoalError('BUSY', `All ${this.#context.options.maxLinks} links to peers are in use.`)
    this.#drop(...oldest)
  }

  /** Closes what nobody has used for a while. Runs only while there is a link. */
  #armSweep(): void {
    if (this.#sweep || this.#closing.signal.aborted) return
    const { clock, options } = this.#context
    this.#sweep = clock.schedule(() => {
      this.#sweep = undefined
      for (const [key, link] of this.#links) {
        const unusedMs = clock.monotonic() - link.lastUsedMs
        if (link.unused && unusedMs >= options.idleTimeoutMs) this.#drop(key, link)
      }
      if (this.#links.size > 0) this.#armSweep()
    }, options.idleTimeoutMs / 2)
  }

  #drop(key: string, link: Link): void {
    this.#links.delete(key)
    link.close().catch((error) => this.#log.warn({ err: error }, 'closing a link failed'))
  }
}

function requirePeerId(peerId: string): void {
  if (isPeerId(peerId)) return
  throw new ShoalError(
    'INVALID_ARGUMENT',
    `This is not a PeerId: ${JSON.stringify(String(peerId).slice(0, 80))}`,
  )
}
