export interface FloodOptions {
  /** Between heartbeats to the active peers, ms. */
  readonly heartbeatMs: number
  /** Between looks at who is still there, ms. */
  readonly livenessMs: number
  /** Without a sign of life for so long a peer is inactive, ms; after the other one it is forgotten. */
  readonly inactiveMs: number
  readonly forgetMs: number
  /** With fewer active peers, more are looked for. */
  readonly minActive: number
  /** Queries of others that say more are taken as this. */
  readonly maxTtl: number
  readonly callTimeoutMs: number
  /** How long `/init_query` and a search wait for the network, ms. */
  readonly findMs: number
  readonly maxPeers: number
  /** Queries at a time that are looked into, and other things without anybody waiting; more are left out. */
  readonly maxWork: number
  /** Queries of this node's clients that are kept, and ids of others' queries; the oldest make room. */
  readonly maxQueries: number
  readonly maxSeen: number
  /** Answers that are kept of a query. */
  readonly maxHits: number
  /** Largest file that is fetched from a peer, bytes. */
  readonly maxFetchBytes: number
}

/** Times, `minActive` and `maxTtl` are those of the system itself. */
export const DEFAULT_FLOOD_OPTIONS: FloodOptions = {
  heartbeatMs: 30_000,
  livenessMs: 60_000,
  inactiveMs: 300_000,
  forgetMs: 3_600_000,
  minActive: 3,
  maxTtl: 5,
  callTimeoutMs: 5_000,
  findMs: 10_000,
  maxPeers: 32,
  maxWork: 64,
  maxQueries: 200,
  maxSeen: 10_000,
  maxHits: 100,
  maxFetchBytes: 1024 ** 3,
}
