/** What an owner may want other than the defaults. */
export interface LinkServerOptions {
  /**
   * * Take a free port when the wanted one is taken. Default false: a port that was asked for by name must
   * be that one.
   */
  fallbackToFreePort?: boolean
  /**
   * Most connections at once, handshakes included; further ones are closed at once. Default 1024, minimum
   * 1.
   */
  maxConnections?: number
  /**
   * * Most connections from one IPv4 address or IPv6 /64. Default 128, minimum 1. Higher for a server whose
   * peers share an address, at the price that one of them can fill it.
   */
  maxConnectionsPerAddress?: number
  /** A connection that has not finished its TLS handshake by then is closed, ms. Default 10 000. */
  handshakeTimeoutMs?: number
  /**
   * A connection without a call for so long is closed, ms. Default 600 000; clients close theirs much
   * earlier.
   */
  idleTimeoutMs?: number
  /** A ping is sent this often, ms, so that a peer that vanished is noticed. Default 30 000. */
  keepaliveMs?: number
  /** And must be answered within this, ms. Default 15 000. */
  keepaliveTimeoutMs?: number
}

export const DEFAULT_LINK_SERVER_OPTIONS: Required<LinkServerOptions> = {
  fallbackToFreePort: false,
  maxConnections: 1024,
  maxConnectionsPerAddress: 128,
  handshakeTimeoutMs: 10_000,
  idleTimeoutMs: 600_000,
  keepaliveMs: 30_000,
  keepaliveTimeoutMs: 15_000,
}
