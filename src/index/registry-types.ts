import type { SharedEntry } from '../content/entry.ts'

/** Who asks, for rate limits and for which addresses are of use. */
export interface Asker {
  /** PeerId, or the host of somebody who has none. */
  readonly key: string
  /** The asker's host as the server sees it. */
  readonly host: string
}

/** Who logs in. */
export interface Caller {
  /** Proved: by the TLS certificate, or by a signature over a nonce. */
  readonly peerId: string
  /** The caller's host as the server sees it; empty when it is not known (a tunnelled link). */
  readonly host: string
}

export interface LoginFacts {
  /** Name for people, at most 64 characters. */
  readonly name: string
  /** HOST:PORT, best first, at most 16. */
  readonly addresses: readonly string[]
  /** Version of the program the peer runs, at most 64 characters. */
  readonly version: string
  /** Port of the peer's gRPC server; 0 when not known. */
  readonly grpcPort: number
}

export interface LoginResult {
  readonly heartbeatIntervalMs: number
  readonly leaseMs: number
  /** Revision of the complete set of entries that the server holds of this peer; empty when it holds none. */
  readonly revision: string
  /** The caller's address as the server sees it, HOST without port. */
  readonly observedHost: string
}

/** The fields of discovery's Provider. */
export interface IndexProvider {
  readonly peerId: string
  readonly name: string
  readonly addresses: readonly string[]
}

export interface IndexHit {
  readonly entry: SharedEntry
  /** At most 50, in random order, never empty. */
  readonly providers: readonly IndexProvider[]
}

/** What is looked for: all that is set must hold. */
export interface IndexQuery {
  /** A trailing `*` makes the last word a prefix. */
  readonly words?: string
  /** Hex. */
  readonly sha256?: string
  /** Text form. */
  readonly cid?: string
  /** 0 or left out: 100. Clamped at 1000. */
  readonly limit?: number
}

export interface PageRequest {
  /** 0 or left out: 100. Clamped at 1000. */
  readonly limit?: number
  /** As the page before gave it; empty or left out for the first. */
  readonly cursor?: string
}

/** A peer that is online. */
export interface IndexPeer {
  readonly peer: IndexProvider
  /** Last sign of life, ms since the Unix epoch. */
  readonly lastSeenMs: number
  /** Entries it has published. */
  readonly entries: number
}

export interface IndexStats {
  /** Peers online. */
  readonly peers: number
  /** Entries of the peers that are online; a file that several of them have counts for each. */
  readonly entries: number
}
