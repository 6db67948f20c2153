import { upnpNat } from '@achingbrain/nat-port-mapper'
import type { Connection, IdentifyResult, PeerInfo } from '@libp2p/interface'
import { every, type Timer } from '../base/clock.ts'
import { ShoalError, toShoalError } from '../base/errors.ts'
import { Emitter } from '../base/events.ts'
import type { Tunnel, Tunnels } from '../link/roads.ts'
import { createHost, type Host, INDEX_AGENT } from './create-libp2p.ts'
import { Dht } from './dht/dht.ts'
import { Gateways, type UpnpState } from './gateways.ts'
import { KnownPeers } from './known-peers.ts'
import { listenAddresses, listenOnMissing } from './listen.ts'
import { ipOf, readableMultiaddrs, withoutPeerId, withPeerId } from './multiaddrs.ts'
import { DEFAULT_FABRIC_OPTIONS, type FabricOptions, LINK_PROTOCOL } from './options.ts'
import { announcedMultiaddrs } from './own-addresses.ts'
import type { Reachability } from './reachability.ts'
import { ReachabilityWatch } from './reachability-watch.ts'
import type { RelayChange } from './relay/options.ts'
import type { RelayState } from './relay/service.ts'
import { bestConnection, roadOf } from './roads-to-peers.ts'
import type { FabricSetup } from './setup.ts'
import { FabricTunnels } from './tunnels.ts'

/** A peer that runs Shoal and is connected through libp2p. */
export interface FabricPeer {
  readonly peerId: string
  readonly road: Tunnel['road']
  /** The multiaddr that the connection goes to. */
  readonly address: string
  /** Who dialled. */
  readonly direction: 'inbound' | 'outbound'
}

/** Whether others can reach this node is looked at this often, ms: networks come and go without a word. */
const LOOK_MS = 10_000

/** The libp2p host of a node, and what the node wants of it. */
export class Fabric implements Tunnels {
  /** A peer that runs Shoal has connected, with the multiaddrs that it tells of itself. */
  readonly peerConnected = new Emitter<{ peerId: string; addresses: readonly string[] }>()
  readonly dht: Dht
  readonly #setup: FabricSetup
  readonly #host: Host
  readonly #gateways: Gateways | undefined
  /** Multiaddrs to listen on. */
  readonly #listen: readonly string[]
  readonly #heard: Readonly<{ count: number; lastMs: number }>
  readonly #tunnels: FabricTunnels
  readonly #reachability: ReachabilityWatch
  readonly #known: KnownPeers
  /** Relays that are there for this node, by PeerId, with their addresses. */
  readonly #relays = new Map<string, readonly string[]>()
  #timer: Timer | undefined
  #isStopped = false
  #unlisten = () => {}

  /** Makes one that is not started. @throws ShoalError CONFLICT when a named port is taken, INVALID_ARGUMENT for a wrong address */
  static async create(setup: FabricSetup): Promise<Fabric> {
    const options = { ...DEFAULT_FABRIC_OPTIONS, ...setup.options }
    const listen = await listenAddresses(setup)
    const log = setup.log.child({ module: 'fabric' })
    const { clock, forward: ports } = setup
    const heard = { count: 0, lastMs: 0 }
    const gateways = setup.upnp ? new Gateways({ client: upnpNat(), ports, clock, log }) : undefined
    let host: Host | undefined
    host = await createHost(setup, {
      options,
      listen,
      gateways,
      onLanPeer: () => {
        heard.count++
        heard.lastMs = clock.now()
      },
      announced: (verified) =>
        announcedMultiaddrs(
          verified,
          host?.services.host.transportManager.getAddrs() ?? [],
          setup.identity.peerId,
        ),
    })
    return new Fabric({ ...setup, log }, options, host, { gateways, heard, listen })
  }

  private constructor(
    setup: FabricSetup,
    options: FabricOptions,
    host: Host,
    parts: {
      gateways: Gateways | undefined
      heard: Readonly<{ count: number; lastMs: number }>
      listen: readonly string[]
    },
  ) {
    const { clock, log } = setup
    this.#setup = setup
    this.#gateways = parts.gateways
    this.#heard = parts.heard
    this.#listen = parts.listen
    this.#host = host
    this.dht = new Dht({ libp2p: host, log, clock })
    this.#tunnels = new FabricTunnels({
      ...{ host, options, log, onTunnel: setup.onTunnel },
      canFind: () => this.dht.size() > 0,
      whyRefused: (peerId) => host.services.notices.whyRefused(peerId),
    })
    this.#known = new KnownPeers({ host, options, log })
    this.#reachability = new ReachabilityWatch({ host, clock, decideAfterMs: options.reachabilityMs })
    this.#reachability.changes.on((now) => void this.#adapt(now))
  }

  /** Listens, and joins through the peers that it is told of. @throws ShoalError CONFLICT, IO when it cannot listen */
  async start(): Promise<void> {
    const host = this.#host
    host.addEventListener('peer:identify', this.#onIdentify)
    host.addEventListener('peer:discovery', this.#onDiscovery)
    try {
      await host.start()
      await listenOnMissing(host.services.host.transportManager, this.#listen, this.#setup)
    } catch (error) {
      throw toShoalError(error, 'IO')
    }
    await this.#tunnels.start()
    this.#unlisten = this.#setup.network?.onChange(() => this.#cutStrangers()) ?? (() => {})
    this.#reachability.start()
    this.#timer = every(this.#setup.clock, LOOK_MS, () => this.#reachability.look())
    await this.#adapt(this.#reachability.now)
  }

  /** Closes all connections. Leaves no socket behind. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#unlisten()
    this.#reachability.stop()
    this.#tunnels.stop()
    this.#known.stop()
    this.dht.stop()
    const host = this.#host
    host.removeEventListener('peer:identify', this.#onIdentify)
    host.removeEventListener('peer:discovery', this.#onDiscovery)
    await host.stop()
  }

  /** Multiaddrs of this node with its PeerId at their end, as people and other programs want them. */
  listening(): string[] {
    return this.#host.getMultiaddrs().map(String)
  }

  /** The same for messages that name the PeerId anyway, best first. */
  addresses(): string[] {
    const { peerId } = this.#setup.identity
    return this.#host.getMultiaddrs().map((address) => String(withoutPeerId(address, peerId)))
  }

  /** HOST:PORT outside that the router forwards to one of the node's own ports. */
  forwarded(port: number): string[] {
    return this.#gateways?.forwarded(port) ?? []
  }

  /** What became of asking the router to forward ports. */
  get upnp(): UpnpState {
    return this.#gateways?.state ?? { state: 'off', mapped: [] }
  }

  /** What multicast DNS has heard: announcements of peers on the local network, and when the last came, ms since the epoch. */
  get mdns(): { enabled: boolean; heard: number; lastHeardMs?: number } {
    const { count, lastMs } = this.#heard
    return { enabled: this.#setup.mdns, heard: count, ...(count > 0 && { lastHeardMs: lastMs }) }
  }

  /** IP addresses that peers have seen this node at. */
  observed(): string[] {
    const seen = this.#host.services.host.addressManager.getObservedAddrs()
    return [...new Set(seen.flatMap((address) => ipOf(address) ?? []))]
  }

  get reachability(): Reachability {
    return this.#reachability.now
  }

  /** Peers that run Shoal and are connected. */
  peers(): FabricPeer[] {
    const byPeer = new Map<string, Connection[]>()
    for (const connection of this.#host.getConnections()) {
      const peerId = connection.remotePeer.toString()
      byPeer.set(peerId, [...(byPeer.get(peerId) ?? []), connection])
    }
    return [...byPeer].flatMap(([peerId, connections]) => {
      const best = bestConnection(connections)
      if (!best) return []
      const { remoteAddr, direction } = best
      return [{ peerId, road: roadOf(best), address: String(remoteAddr), direction }]
    })
  }

  /** Notes where a peer may be found, and connects to it when this node has few connections. Bounded; returns at once. */
  know(peerId: string, addresses: readonly string[]): void {
    if (!this.#isStopped && peerId !== this.#setup.identity.peerId) this.#known.add(peerId, addresses)
  }

  /** Notes a relay that is there for this node: used before others when the node cannot be reached. */
  useRelay(peerId: string, addresses: readonly string[]): void {
    this.know(peerId, addresses)
    this.#relays.delete(peerId)
    this.#relays.set(peerId, addresses)
    const known = [...this.#relays].reverse()
    this.#host.services.reservations.prefer(
      known.flatMap(([id, texts]) => readableMultiaddrs(texts).map((address) => withPeerId(address, id))),
    )
  }

  /** The relays through which others reach this node, and what relays have said lately. */
  get relays(): { wanted: boolean; reservations: string[]; notices: string[] } {
    const { reservations, notices } = this.#host.services
    const { wanted, relays } = reservations.getDebugState()
    const said = notices.getDebugState().latest.map(({ sentence }) => sentence)
    return { wanted, reservations: relays, notices: said }
  }

  /** What this node does as a relay for others; undefined when it is none. */
  get relay(): RelayState | undefined {
    return this.#host.services.relay?.getDebugState()
  }

  /** Changes the quotas and rates of the relay; nothing when this node is none. */
  updateRelay(change: RelayChange): void {
    this.#host.services.relay?.update(change)
  }

  open(peerId: string, addresses: readonly string[], signal: AbortSignal): Promise<Tunnel> {
    return this.#tunnels.open(peerId, addresses, signal)
  }

  roadTo(peerId: string): Tunnel['road'] | undefined {
    return this.#tunnels.roadTo(peerId)
  }

  onBetterRoad(listener: (peerId: string) => void): () => void {
    return this.#tunnels.onBetterRoad(listener)
  }

  /** A snapshot for people who look for a fault. */
  getDebugState(): Record<string, unknown> {
    const connections = this.#host.getConnections()
    return {
      listening: this.listening(),
      reachability: this.#reachability.getDebugState(),
      connections: connections.length,
      relayed: connections.filter((connection) => roadOf(connection) === 'relayed').length,
      dialling: this.#host.getDialQueue().length,
      upnp: this.upnp,
      relays: this.relays,
      relay: this.relay,
      punch: this.#host.services.punch.getDebugState(),
      known: this.#known.getDebugState(),
      dht: this.dht.getDebugState(),
    }
  }

  readonly #onIdentify = ({ detail }: CustomEvent<IdentifyResult>) => {
    if (!detail.protocols.includes(LINK_PROTOCOL) || detail.agentVersion?.startsWith(`${INDEX_AGENT}/`))
      return
    const peerId = detail.peerId.toString()
    const addresses = detail.listenAddrs.map((address) => String(withoutPeerId(address, peerId)))
    this.peerConnected.emit({ peerId, addresses })
  }

  readonly #onDiscovery = ({ detail }: CustomEvent<PeerInfo>) => {
    this.know(detail.id.toString(), detail.multiaddrs.map(String))
  }

  /** Those who may not take part in the private network any more. */
  #cutStrangers(): void {
    const { network } = this.#setup
    for (const connection of this.#host.getConnections()) {
      if (network?.allows(connection.remotePeer.toString()) === false)
        connection.abort(new ShoalError('PERMISSION_DENIED', 'It is not on the list any more.'))
    }
  }

  async #adapt(now: Reachability): Promise<void> {
    const { log } = this.#setup
    log.info({ reachability: now }, REACHABILITY_MESSAGES[now])
    this.#host.services.reservations.want(now === 'private')
    const isServer = this.#setup.dhtServer && (now === 'public' || now === 'local')
    try {
      await this.dht.setMode(isServer ? 'server' : 'client')
    } catch (error) {
      if (!this.#isStopped) log.warn({ err: error }, 'the mode of the DHT could not be changed')
    }
  }
}

const REACHABILITY_MESSAGES: Record<Reachability, string> = {
  unknown: 'finds out whether others can reach this node',
  local: 'knows nobody outside the local network',
  public: 'others can reach this node from outside',
  private: 'others cannot reach this node from outside; it is reached through relays',
}
