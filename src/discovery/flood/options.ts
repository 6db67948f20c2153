/** How a node takes part in flooding. Times in ms. */
export interface FloodOptions {
  /** Hops that a query may make in all; at most {@link MAX_TTL}. */
  ttl: number
  /** How long a search waits for the end of all that it started. */
  timeoutMs: number
  /** False: every query goes to every neighbour, as in the first Gnutella. For comparison. */
  filter: boolean
  /** Most neighbours that the searching node has explore what lies beyond its own horizon. */
  originFanout: number
  /** Neighbours that each of those has explore further. */
  fanout: number
  /** No more peers are asked when filters promise so many times the hits that are wanted. */
  enough: number
  /** Searches for at most so many hits ask near peers first. */
  ringLimit: number
  /** How long the first rings of such a search may take. */
  ringTimeoutMs: number
  /** The catalogue's filter is made again so long after a change. */
  filterDelayMs: number
  /** Whether the catalogue has changed unnoticed is looked at this often. */
  filterCheckMs: number
  /** Changes of filters are told to neighbours together, so long after the first. */
  tellDelayMs: number
  /** Queries remembered so that none is answered twice, and for how long. */
  seenMax: number
  seenMs: number
  /** Queries taken from one neighbour. */
  neighbourRate: Rate
  /** Queries taken from all neighbours together. */
  totalRate: Rate
  /** Foreign queries under way at once. */
  maxRunning: number
}

export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/** Most hops that any query may make. */
export const MAX_TTL = 7
/** Hops within which a node knows the filters of others. */
export const HORIZON = 3
/** Most peers named in the `skip` of a query. */
export const MAX_SKIP = 512
/** Most entries in one answer; the contract says so. */
export const MAX_ANSWER_ENTRIES = 100

export const DEFAULT_FLOOD_OPTIONS: FloodOptions = {
  ttl: 5,
  timeoutMs: 5000,
  filter: true,
  originFanout: 8,
  fanout: 2,
  enough: 3.5,
  ringLimit: 10,
  ringTimeoutMs: 1000,
  filterDelayMs: 1000,
  filterCheckMs: 10_000,
  tellDelayMs: 500,
  seenMax: 20_000,
  seenMs: 120_000,
  neighbourRate: { perSecond: 20, burst: 60 },
  totalRate: { perSecond: 100, burst: 300 },
  maxRunning: 2000,
}
