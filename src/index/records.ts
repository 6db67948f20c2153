/** What passes between the registry and its database threads: plain values that can be cloned. */

/** A peer as the database keeps it. Times are ms since the Unix epoch. */
export interface StoredPeer {
  readonly id: number
  readonly peerId: string
  readonly name: string
  readonly version: string
  readonly addresses: readonly string[]
  readonly observedHost: string
  readonly lastSeenMs: number
  /** When the session ends or ended; 0 after a logout. */
  readonly leaseEndMs: number
  /** SHA-256 of the session's REST token; undefined for a session without one. */
  readonly tokenHash: Uint8Array | undefined
  readonly shelf: ShelfState
}

/** The set of entries that a peer shows. */
export interface ShelfState {
  readonly id: number
  readonly entries: number
  /** True when the shelf holds all that its peer shares; only then its revision says something. */
  readonly complete: boolean
  readonly revision: string
}

/** The fields of {@link StoredPeer} that change with the session. */
export type PeerUpdate = Omit<StoredPeer, 'peerId' | 'shelf'>

/** An entry with those who hold it, as the searcher found it; shelves in random order. */
export interface FoundEntry {
  readonly id: number
  readonly cid: string
  readonly sha256: string | undefined
  readonly path: string
  readonly kind: 'file' | 'folder'
  readonly sizeBytes: number
  readonly modifiedMs: number
  readonly shelves: readonly number[]
}

/** What the searcher looks for; all that is set must hold. */
export interface FindRequest {
  /** FTS5 query. */
  readonly match: string | undefined
  /** The words of {@link match} without a last prefix, to tell matches in the name from those in folders. */
  readonly words: readonly string[]
  /** Hex. */
  readonly sha256: string | undefined
  readonly cid: string | undefined
  readonly limit: number
  /** Go on below this entry id (pages); undefined for the first page. */
  readonly before: number | undefined
  /** For the choice among many holders. */
  readonly seed: number
}

export interface FindResult {
  readonly found: FoundEntry[]
  /** Entry id to go on below; undefined when nothing is left. */
  readonly next: number | undefined
}
