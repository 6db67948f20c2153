/** How the DHT locator behaves; times in ms. */
export interface DhtLocatorOptions {
  /** New things are gathered this long before they are told. */
  readonly settleMs: number
  /** Every key is told again after this time. Records count for 48 h: one failed renewal loses nothing. */
  readonly republishMs: number
  /** The renewals of one period are made in so many turns: few streams, each with many records. */
  readonly turns: number
  /** Keys told in one turn. */
  readonly batchKeys: number
  /** Rest between two turns when there is more to tell at once. */
  readonly pauseMs: number
  /** First wait after a key that nobody took; doubled each time up to sixteenfold. */
  readonly retryMs: number
  /** After contacts came or went, before it is looked at which keys have too few holders now. */
  readonly recheckMs: number
  /** After something was withdrawn, before all that is shared is gone through for keys that are not needed any more. */
  readonly recountMs: number
  /** Keys kept up at most; those that come later are left out. 200,000 are renewed in some 10 messages a second. */
  readonly maxKeys: number
  /** A key is told again when less than this share of the peers nearest to it have it. */
  readonly keepShare: number
  /** Peers that should have it; those of the DHT's own options. */
  readonly replicas: number
  /** Providers asked for one search. */
  readonly maxAsked: number
  /** The same, at one time. */
  readonly asking: number
  /** A provider that says nothing for so long, connecting included, is given up. */
  readonly answerMs: number
  /** After the first of several words was looked up, the others are waited for so long. */
  readonly graceMs: number
}

/** In earnest. */
export const DEFAULT_DHT_LOCATOR_OPTIONS: DhtLocatorOptions = {
  settleMs: 1_000,
  republishMs: 22 * 3_600_000,
  turns: 100,
  batchKeys: 1_000,
  pauseMs: 250,
  retryMs: 10_000,
  recheckMs: 3_000,
  recountMs: 60_000,
  maxKeys: 200_000,
  keepShare: 0.6,
  replicas: 10,
  maxAsked: 64,
  asking: 16,
  answerMs: 3_000,
  graceMs: 1_000,
}

/** Words of one query that are looked up. */
export const MAX_LOOKUPS = 3
/** Words of one file that no other file of the node has and that become keys. */
export const MAX_OWN_WORDS = 8
/** Words of one path that are looked at, those of the name first. */
export const MAX_PATH_WORDS = 64
/** Different words of a library that are counted: some 60 MB. */
export const MAX_COUNTED_WORDS = 500_000
/** Providers kept of one key. */
export const MAX_KEY_PROVIDERS = 256
