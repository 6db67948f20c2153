import type { Duplex } from 'node:stream'

/**
 * How a peer is reached. `direct`: TCP to its gRPC port. `tunnel`: through a libp2p connection that goes straight to the peer, dialled,
 * mapped or hole-punched. `relayed`: through a libp2p connection that passes a third node.
 */
export type Road = 'direct' | 'tunnel' | 'relayed'

const ORDER: Record<Road, number> = { direct: 0, tunnel: 1, relayed: 2 }

/** Whether `a` is to be preferred to `b`. */
export const isBetterRoad = (a: Road, b: Road): boolean => ORDER[a] < ORDER[b]

/** A byte stream to a peer that another part of the node opened. Not encrypted for the link: TLS goes through it as through TCP. */
export interface Tunnel {
  readonly stream: Duplex
  readonly road: Exclude<Road, 'direct'>
  /** Where it leads, a multiaddr, for people. */
  readonly address: string
}

/** Who opens tunnels; the fabric is one. */
export interface Tunnels {
  /**
   * A new stream to `peerId`, over the best connection that there is or can be made.
   *
   * @param addresses multiaddrs that may lead there; when empty, the peer is looked up
   * @throws ShoalError UNAVAILABLE when there is no road; the signal's reason
   */
  open(peerId: string, addresses: readonly string[], signal: AbortSignal): Promise<Tunnel>

  /** The road that {@link open} would take without dialling anybody; undefined when there is no connection to the peer. */
  roadTo(peerId: string): Tunnel['road'] | undefined

  /** Calls back when a connection to a peer opens that is better than those before. @returns stops it */
  onBetterRoad(listener: (peerId: string) => void): () => void
}
