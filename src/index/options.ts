/** What an index server may be told. All times in ms; every limit is there so that one caller cannot take the server from the others. */
export interface IndexOptions {
  /** How often peers are asked to send a heartbeat. Default 5000. Shorter finds dead peers sooner and costs more messages. */
  heartbeatIntervalMs: number
  /** Heartbeats that may be missed before the session ends; the lease is this times the interval. Default 3. */
  missedHeartbeats: number
  /** How long the entries of a peer without a session are kept, so that it can come back without publishing again. Default 24 h. */
  retentionMs: number
  /** How often sessions are written to the database. A kill loses at most this much of their leases. Default 2000. */
  flushIntervalMs: number
  /** Peers known at once, online or kept. When full, the one gone longest makes room; when all are online, login is refused. Default 100,000. */
  maxPeers: number
  /** Peers online from one address, loopback excepted. Default 1000: a large network behind one NAT fits. */
  maxPeersPerHost: number
  /** gRPC connections at once. Default 10,000; each costs some 50 KiB. */
  maxConnections: number
  /** Entries of one peer. Further ones are refused. Default 1,000,000. */
  maxEntriesPerPeer: number
  /** Entries a second and peer, on average; faster publications are slowed down, never refused. Default 20,000. */
  publishEntriesPerSecond: number
  /** Entries that a peer may publish at once before it is slowed down. Default 200,000: twice a large library. */
  publishBurst: number
  /** Searches (and provider look-ups) a second and caller, on average; beyond it they are refused with RATE_LIMITED. Default 100. */
  searchesPerSecond: number
  /** Searches that a caller may make at once before it is slowed down. Default 1000. */
  searchBurst: number
  /** Logins and challenges a second and caller. Default 2: an honest node needs one in its whole life. */
  loginsPerSecond: number
  /** Logins that a caller may make at once. Default 60. */
  loginBurst: number
  /** Longest wait for the next batch of a publication before it is given up. Default 30,000. */
  publishIdleMs: number
  /** Threads that search. Default 1; more help when searches, not publications, keep the machine busy. */
  searchThreads: number
  /** Searches that may wait for a thread; beyond it they are refused with BUSY. Default 1000. */
  maxWaitingSearches: number
}

export const DEFAULT_INDEX_OPTIONS: IndexOptions = {
  heartbeatIntervalMs: 5000,
  missedHeartbeats: 3,
  retentionMs: 24 * 3_600_000,
  flushIntervalMs: 2000,
  maxPeers: 100_000,
  maxPeersPerHost: 1000,
  maxConnections: 10_000,
  maxEntriesPerPeer: 1_000_000,
  publishEntriesPerSecond: 20_000,
  publishBurst: 200_000,
  searchesPerSecond: 100,
  searchBurst: 1000,
  loginsPerSecond: 2,
  loginBurst: 60,
  publishIdleMs: 30_000,
  searchThreads: 1,
  maxWaitingSearches: 1000,
}

/** Bounds that are part of the protocol (proto/shoal/v1/index.proto), not of one server's configuration. */
export const INDEX_LIMITS = {
  batchEntries: 1000,
  searchDefault: 100,
  searchMax: 1000,
  /** Providers that come with one hit. */
  hitProviders: 50,
  providersDefault: 50,
  providersMax: 200,
  peersDefault: 100,
  peersMax: 1000,
  nameCharacters: 64,
  versionCharacters: 64,
  addresses: 16,
  revisionBytes: 64,
  queryBytes: 512,
} as const

/** `wanted` between 1 and `max`; `fallback` when it is 0 or left out, as the protocol says. */
export function clampLimit(wanted: number | undefined, fallback: number, max: number): number {
  if (wanted === undefined || !(wanted >= 1)) return fallback
  return Math.min(Math.floor(wanted), max)
}
