/** How the libp2p host behaves. Times in ms. */
export interface FabricOptions {
  /** Most connections; new ones are refused beyond, and those of least use are closed. 300 of them stay below 250 MiB. */
  maxConnections: number
  /** With fewer, peers that become known are dialled. More do not help: lookups dial whom they need. */
  aimConnections: number
  /** Dials that run at once. */
  maxDials: number
  /** One address must answer within this, all handshakes included. A relayed one takes six round trips. */
  addressDialMs: number
  /** One peer must be reached within this, whatever addresses it has. */
  dialMs: number
  /** A connection without an answer to a ping for this long is closed; it is pinged this often. */
  pingMs: number
  /**
   * Window of a stream, bytes: it begins with what the yamux specification says and grows with the bandwidth. 8 MiB carry 1 Gbit/s over
   * 64 ms.
   */
  maxStreamWindowBytes: number
  /** What may wait unread in a stream, bytes. Must be more than the window: a paused stream that gets more is reset. */
  maxStreamBufferBytes: number
  /** Tunnels that one peer may have open to this node. */
  maxTunnelsPerPeer: number
  /** So long after the first connection to a public peer it is decided whether this node can be reached from outside. */
  reachabilityMs: number
  /** Inbound connections accepted a second from one address: many nodes may stand behind one NAT. */
  maxInboundPerSecond: number
}

export const DEFAULT_FABRIC_OPTIONS: FabricOptions = {
  maxConnections: 300,
  aimConnections: 16,
  maxDials: 20,
  addressDialMs: 3000,
  dialMs: 10_000,
  pingMs: 30_000,
  maxStreamWindowBytes: 8 * 1024 * 1024,
  maxStreamBufferBytes: 9 * 1024 * 1024,
  maxTunnelsPerPeer: 16,
  reachabilityMs: 8000,
  maxInboundPerSecond: 50,
}

/** Carries gRPC links; on it each side speaks as on a TCP connection to the other's gRPC port. */
export const LINK_PROTOCOL = '/shoal/link/1.0.0'
