import { MIB } from '../base/units.ts'

/**
 * Nodes that keep a record. With half of all nodes gone between two looks of the keeper, one copy in 2^8 is lost with all the
 * others; Kademlia's 20 is meant for looks an hour apart (Maymounkov and Mazières 2002, section 2.5), these are seconds apart.
 */
export const REPLICAS = 8

/** A version may be so far ahead of the receiver's clock, ms: clocks of home computers are wrong by minutes, rarely more. */
export const MAX_AHEAD_MS = 10 * 60_000

/** A record is void after this unless it is renewed, ms. */
export const LIFETIME_MS = 24 * 3_600_000

/** Records of one StoreValues; their bytes together unless it is one alone. */
export const STORE_BATCH = { items: 64, size: MIB } as const

/** Heads of one OfferValues. */
export const MAX_OFFERED = 500

/** What one node keeps. */
export interface KvLimits {
  /** Records, all writers together. */
  readonly maxRecords: number
  /** Bytes of these records. */
  readonly maxBytes: number
  /** Records of one writer: an identity costs nothing, so this stops mistakes rather than enemies. */
  readonly maxRecordsPerWriter: number
  /** Bytes of the records of one writer. */
  readonly maxBytesPerWriter: number
}

/** How the key-value store behaves. Every default stands in {@link DEFAULT_KV_OPTIONS} and nowhere else. */
export interface KvOptions extends KvLimits {
  /** How often the keeper looks who should have copies, ms. Shorter heals faster and costs a look at every record. */
  readonly keepEveryMs: number
  /** Records that one look goes through; with more the next look goes on from there. Bounds the time that a look takes. */
  readonly recordsPerLook: number
  /** A peer that confirmed to have a record is asked again after this, ms: it may have lost it. */
  readonly reconfirmMs: number
  /** A node that has not been among the closest to a key for this long may drop its record, ms. */
  readonly strayMs: number
  /** Longest wait for the closest nodes to be found, ms; then those known are taken. */
  readonly findTimeoutMs: number
  /** Longest wait for one peer's answer, connecting included, ms. */
  readonly callTimeoutMs: number
  /** A whole read ends after this, ms: an absent key is told within 5 s. */
  readonly readTimeoutMs: number
  /** A read waits this long after the first valid record for a newer one, ms. */
  readonly graceMs: number
  /** Puts at once; ten times as many more may wait, then BUSY. */
  readonly maxPuts: number
  /** Reads at once; ten times as many more may wait, then BUSY. Each asks ten peers or so: more at once only make all of them late. */
  readonly maxReads: number
}

export const DEFAULT_KV_OPTIONS: KvOptions = {
  maxRecords: 100_000,
  maxBytes: 64 * MIB,
  maxRecordsPerWriter: 1000,
  maxBytesPerWriter: 4 * MIB,
  keepEveryMs: 15_000,
  recordsPerLook: 5000,
  reconfirmMs: 10 * 60_000,
  strayMs: 10 * 60_000,
  findTimeoutMs: 2000,
  callTimeoutMs: 2000,
  readTimeoutMs: 4500,
  graceMs: 1000,
  maxPuts: 8,
  maxReads: 16,
}
