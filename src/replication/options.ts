import { GIB } from '../base/units.ts'

/** How copies are looked after. Every default stands in {@link DEFAULT_REPLICATION_OPTIONS} and nowhere else. */
export interface ReplicationOptions {
  /** Those concerned with a replica exchange what they know this often, ms. */
  readonly checkMs: number
  /** Who has not been heard of for this long is taken for gone, ms: what it kept is made again elsewhere. */
  readonly graceMs: number
  /** Longest wait for one answer, connecting included, ms. */
  readonly callTimeoutMs: number
  /** The same where the other side reserves room, and notes that on its disk: who is given up meanwhile may keep it all the same, and that is a copy too many. */
  readonly keepTimeoutMs: number
  /** A holder signs for so long, ms, and renews at half of it. */
  readonly leaseMs: number
  /** Who was asked to keep something and has not begun to within this, or stands still for this long, is replaced, ms. */
  readonly fetchPatienceMs: number
  /** A holder is asked for a random block once in about this time, ms. */
  readonly proofMs: number
  /** A peer that would not keep something is asked again after this, ms. */
  readonly refusedMs: number
  /** What a survey told holds for so long, ms. */
  readonly surveyMs: number
  /** A holder that lets another one make copies again lets nobody else for so long, ms. */
  readonly claimMs: number
  /** A holder that has to let go of something gives the others so long to replace it, ms. */
  readonly drainMs: number
  /** Bytes that stay free on the disk whatever the quota says. */
  readonly spareBytes: number
  /** Calls of one kind at once. */
  readonly callsAtOnce: number
}

export const DEFAULT_REPLICATION_OPTIONS: ReplicationOptions = {
  checkMs: 10_000,
  graceMs: 30_000,
  callTimeoutMs: 5000,
  keepTimeoutMs: 15_000,
  leaseMs: 7 * 24 * 3_600_000,
  fetchPatienceMs: 120_000,
  proofMs: 3_600_000,
  refusedMs: 60_000,
  surveyMs: 15_000,
  claimMs: 20_000,
  drainMs: 15 * 60_000,
  spareBytes: GIB,
  callsAtOnce: 8,
}

/** Longest time that an order may have left, ms: ten years. */
export const MAX_ORDER_MS = 3650 * 24 * 3_600_000

/** Clocks of home computers are wrong by minutes, rarely more. */
export const MAX_AHEAD_MS = 10 * 60_000

/** Copies that one order may ask for. */
export const MAX_REPLICAS = 20

/** Holders of one set, those who are lost or too many included. */
export const MAX_HOLDERS = 64

/** Orders and copies that a node knows of; more are refused. */
export const MAX_SETS = 20_000

/** Heads and sets of one message. */
export const MAX_HEADS = 200
export const MAX_SETS_SENT = 50
