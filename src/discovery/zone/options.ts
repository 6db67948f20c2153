/** How zones behave; times in ms. */
export interface ZoneOptions {
  /** Changes of what is shared are gathered this long. */
  readonly settleMs: number
  /** The heads of all pages are told again this often. */
  readonly republishMs: number
  /** Wait before what could not be told is tried again. */
  readonly retryMs: number
  /** Zones told at the same time. */
  readonly publishing: number
  /** New pages are gathered this long before they are passed on to zone-mates. */
  readonly gossipMs: number
  /** Newer records that come without pages wait this long. */
  readonly recordGossipMs: number
  /** Between two comparisons with a zone-mate. */
  readonly syncMs: number
  /** The same before the first one succeeded. */
  readonly firstSyncMs: number
  /** A unary call that takes longer failed. */
  readonly callTimeoutMs: number
  /** A member that says nothing for so long is not asked further. */
  readonly answerTimeoutMs: number
  /** Pages of a zone that was left are answered from for so long. */
  readonly keepMs: number
  /** Between two looks for pages whose publisher is gone. */
  readonly sweepMs: number
  /** Postings taken of one publisher. */
  readonly publisherPostings: number
  /** Postings taken in all. */
  readonly totalPostings: number
  /** Postings under one key that are looked through. */
  readonly keyPostings: number
}

/** In earnest. */
export const DEFAULT_ZONE_OPTIONS: ZoneOptions = {
  settleMs: 100,
  republishMs: 300_000,
  retryMs: 2_000,
  publishing: 8,
  gossipMs: 300,
  recordGossipMs: 5_000,
  syncMs: 20_000,
  firstSyncMs: 2_000,
  callTimeoutMs: 5_000,
  answerTimeoutMs: 1_500,
  keepMs: 120_000,
  sweepMs: 60_000,
  publisherPostings: 50_000,
  totalPostings: 500_000,
  keyPostings: 20_000,
}

/** Most bytes of pages in one message; the contract says 1 MiB. */
export const MAX_MESSAGE_BYTES = 1_000_000
/** Most heads in one message. */
export const MAX_HEADS = 5000
/** A record counts so long beyond its time: clocks differ. */
export const SKEW_MS = 60_000
