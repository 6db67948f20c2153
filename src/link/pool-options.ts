import type { BackoffOptions } from '../base/random.ts'

/** What an owner may want other than the defaults. */
export interface LinkPoolOptions {
  /** Deadline of a unary call that names none, ms. Default 15 000. */
  callTimeoutMs?: number
  /** TCP, TLS and HTTP/2 handshakes with one address may take so long together, ms. Default 5000. */
  connectTimeoutMs?: number
  /**
   * When an address has not answered after this, ms, the next one is tried beside it (RFC 8305 section 5).
   * Default 250.
   */
  nextAddressMs?: number
  /**
   * When no address has answered after this, ms, a tunnel is tried beside them: it costs others traffic when it is relayed.
   * Default 1000.
   */
  tunnelAfterMs?: number
  /** A tunnel must be open within this, ms: finding the peer, dialling it, perhaps through a relay. Default 8000. */
  tunnelTimeoutMs?: number
  /**
   * While a link goes through a tunnel, the peer's addresses are tried again after this, ms, then twice as much each time up to
   * `roadRetryMaxMs`. Default 5000 and 300 000.
   */
  roadRetryMs?: number
  roadRetryMaxMs?: number
  /** A link without calls is closed after this, ms. Default 60 000. */
  idleTimeoutMs?: number
  /**
   * Most connected peers; the idle one that was used longest ago makes room, else the call fails with BUSY.
   * Default 256, minimum 1.
   */
  maxLinks?: number
  /** Addresses tried for one peer, from the front of its list. Default 8. */
  maxAddresses?: number
  /** A ping is sent this often, ms. Default 20 000. */
  keepaliveMs?: number
  /**
   * And must be answered within this, ms; then the link is given up and its calls fail with UNAVAILABLE.
   * Default 10 000.
   */
  keepaliveTimeoutMs?: number
  /**
   * * After a failed attempt calls to the same addresses fail at once, with the same error, for a time that
   * grows with each failure. Default 200 ms to 2 s: short, because owners who call again (heartbeats,
   * schedulers) have a pace of their own.
   */
  backoff?: BackoffOptions
}

export const DEFAULT_LINK_POOL_OPTIONS: Required<LinkPoolOptions> = {
  callTimeoutMs: 15_000,
  connectTimeoutMs: 5000,
  nextAddressMs: 250,
  tunnelAfterMs: 1000,
  tunnelTimeoutMs: 8000,
  roadRetryMs: 5000,
  roadRetryMaxMs: 300_000,
  idleTimeoutMs: 60_000,
  maxLinks: 256,
  maxAddresses: 8,
  keepaliveMs: 20_000,
  keepaliveTimeoutMs: 10_000,
  backoff: { baseMs: 200, maxMs: 2000 },
}
