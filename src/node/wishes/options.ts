/** How wishes are searched for. Every default stands in {@link DEFAULT_WISH_OPTIONS} and nowhere else. */
export interface WishOptions {
  /** From one search of any wish to the next of any, ms: the bound on what they cost the network, however many there are. */
  readonly gapMs: number
  /** Nothing is searched so soon after the start, ms: the node does not know its peers yet. */
  readonly startDelayMs: number
  /** A node that knows no peer looks this often whether it does, ms. */
  readonly offlineMs: number
  /** A node that knows no peer for so long after its start is alone, ms: what a new wish then finds later was not there. */
  readonly aloneMs: number
  /** Most different CIDs that one search gives. */
  readonly searchLimit: number
  /** Most hits of one search that are told as events; the list has all of them. */
  readonly maxEvents: number
}

export const DEFAULT_WISH_OPTIONS: WishOptions = {
  gapMs: 10_000,
  startDelayMs: 30_000,
  offlineMs: 5_000,
  aloneMs: 60_000,
  searchLimit: 500,
  maxEvents: 20,
}

/** What the user has set; asked each time. */
export interface WishSettings {
  readonly intervalMs: number
  /** Hits fetched in 24 hours, over all wishes. */
  readonly maxFetches: number
  /** Larger ones are not fetched; 0 = of any size. */
  readonly maxBytes: number
}
