import type { BackoffOptions } from '../../base/random.ts'

export interface IndexLocatorOptions {
  /**
   * Waits between attempts to reach a server. Default 200 ms doubling to 2,000: together with the pool's own wait after a failed attempt (at most
   * 2,000 ms) shorter than a heartbeat, so that a server that comes back has its nodes again within one. A refused connection
   * costs next to nothing.
   */
  retry: BackoffOptions
  /** A single call (login, heartbeat, …) is given up after this, ms. Default 10,000. */
  callTimeoutMs: number
  /** Goodbye at the end is given up after this, ms; the session then ends with its lease. Default 2,000. */
  logoutTimeoutMs: number
  /** Batches of a publication on their way without an answer. Default 4: hides the round trip, holds at most 4 MiB. */
  window: number
  /** A publication is given up when a batch is not answered for this long, ms. Default 60,000: a busy server slows its callers down. */
  stallMs: number
  /** Changes that wait for one server. Beyond it they are forgotten and all is published anew. Default 20,000. */
  maxQueued: number
  /** The revision is told after this long without a change, ms. Default 1,000. */
  settleMs: number
  /** How often to look whether the library changed without saying so, ms. Default 5,000. */
  checkMs: number
  /** All is published anew for such a change at most this often, ms. Default 60,000. */
  repairMs: number
  /** How often the peers online are asked for, ms. Default 15,000. */
  peersPollMs: number
  /** Most peers taken from one answer to that. Default 1,000. */
  maxPeers: number
  /** How long a search waits for a server that is being connected to, ms. Default 1,500; others are asked meanwhile. */
  joinWaitMs: number
  /** How long an announcement waits for the servers that are online, ms; then they are told in the background. Default 5,000. */
  announceWaitMs: number
}

export const DEFAULT_INDEX_LOCATOR_OPTIONS: IndexLocatorOptions = {
  retry: { baseMs: 200, maxMs: 2_000 },
  callTimeoutMs: 10_000,
  logoutTimeoutMs: 2_000,
  window: 4,
  stallMs: 60_000,
  maxQueued: 20_000,
  settleMs: 1_000,
  checkMs: 5_000,
  repairMs: 60_000,
  peersPollMs: 15_000,
  maxPeers: 1_000,
  joinWaitMs: 1_500,
  announceWaitMs: 5_000,
}

/** Most servers of one node; every search asks all of them. */
export const MAX_INDEX_SERVERS = 16
