import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { ShoalError } from '../base/errors.ts'
import { Emitter } from '../base/events.ts'
import type { Logger } from '../base/log.ts'
import { isBetterRoad, type Tunnel, type Tunnels } from '../link/roads.ts'
import type { Host } from './create-libp2p.ts'
import { streamToDuplex } from './duplex.ts'
import { peerIdOf, readableMultiaddrs, withPeerId } from './multiaddrs.ts'
import { type FabricOptions, LINK_PROTOCOL } from './options.ts'
import { bestConnection, roadOf } from './roads-to-peers.ts'
import type { FabricSetup } from './setup.ts'

/** What tunnels need. */
export interface TunnelsSetup {
  readonly host: Host
  readonly onTunnel: FabricSetup['onTunnel']
  readonly options: FabricOptions
  readonly log: Logger
  /** Whether a peer could be looked up that nothing is known of. */
  canFind(): boolean
  /** Why a relay has ended or refused a connection to `peerId`, for people; undefined when none has said. */
  whyRefused(peerId: string): string | undefined
}

/** Opens streams to peers for links, and takes those that peers open. */
export class FabricTunnels implements Tunnels {
  readonly #setup: TunnelsSetup
  readonly #better = new Emitter<string>()
  readonly #onOpen = ({ detail }: { detail: Connection }) => this.#opened(detail)

  constructor(setup: TunnelsSetup) {
    this.#setup = setup
  }

  async start(): Promise<void> {
    const { host, onTunnel, options } = this.#setup
    await host.handle(LINK_PROTOCOL, (stream) => onTunnel(streamToDuplex(stream)), {
      maxInboundStreams: options.maxTunnelsPerPeer,
      maxOutboundStreams: options.maxTunnelsPerPeer,
      runOnLimitedConnection: true,
    })
    host.addEventListener('connection:open', this.#onOpen)
  }

  stop(): void {
    this.#setup.host.removeEventListener('connection:open', this.#onOpen)
  }

  async open(peerId: string, addresses: readonly string[], signal: AbortSignal): Promise<Tunnel> {
    const { host } = this.#setup
    try {
      const peer = peerIdFromString(peerId)
      const connection =
        bestConnection(host.getConnections(peer)) ?? (await this.#connect(peer, addresses, signal))
      const stream: Stream = await connection.newStream(LINK_PROTOCOL, {
        signal,
        runOnLimitedConnection: true,
      })
      return {
        stream: streamToDuplex(stream),
        road: roadOf(connection),
        address: String(connection.remoteAddr),
      }
    } catch (error) {
      signal.throwIfAborted()
      throw this.#explained(peerId, error)
    }
  }

  roadTo(peerId: string): Tunnel['road'] | undefined {
    const connection = bestConnection(this.#setup.host.getConnections(peerIdFromString(peerId)))
    return connection && roadOf(connection)
  }

  onBetterRoad(listener: (peerId: string) => void): () => void {
    return this.#better.on(listener)
  }

  /** Dials what is told of a peer, then what is known of it, then asks the network where it is. */
  async #connect(peer: PeerId, texts: readonly string[], signal: AbortSignal): Promise<Connection> {
    const { host, canFind } = this.#setup
    const peerId = peer.toString()
    const told = readableMultiaddrs(texts)
      .map((address) => withPeerId(address, peerId))
      .filter((address) => peerIdOf(address) === peerId)
    if (told.length > 0) await host.peerStore.merge(peer, { multiaddrs: told })
    else if (!canFind() && !(await this.#isKnown(peer)))
      throw new ShoalError('UNAVAILABLE', `Where ${peerId} is is not known, and there is nobody to ask.`)
    try {
      return await host.dial(peer, { signal })
    } catch (error) {
      signal.throwIfAborted()
      const found = await host.peerRouting.findPeer(peer, { signal }).catch(() => undefined)
      const fresh = found?.multiaddrs.filter(
        (address) => !told.some((known) => known.equals(withPeerId(address, peerId))),
      )
      if (!fresh?.length) throw error
      return host.dial(
        fresh.map((address) => withPeerId(address, peerId)),
        { signal },
      )
    }
  }

  async #isKnown(peer: PeerId): Promise<boolean> {
    const known = await this.#setup.host.peerStore.get(peer).catch(() => undefined)
    return (known?.addresses.length ?? 0) > 0
  }

  #opened(connection: Connection): void {
    const { host } = this.#setup
    const before = bestConnection(
      host.getConnections(connection.remotePeer).filter((other) => other.id !== connection.id),
    )
    if (!before || isBetterRoad(roadOf(connection), roadOf(before)))
      this.#better.emit(connection.remotePeer.toString())
  }

  #explained(peerId: string, error: unknown): ShoalError {
    if (error instanceof ShoalError) return error
    const why = this.#setup.whyRefused(peerId) ?? reasonOf(error)
    return new ShoalError('UNAVAILABLE', `${peerId} cannot be reached through a tunnel: ${why}`, {
      cause: error,
    })
  }
}

/** What libp2p says, without its lists of addresses. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError)
    return error.errors.map(reasonOf).slice(0, 2).join('; ') || error.message
  return error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : String(error)
}
