/** Times, `minActive` and `maxTtl` are those of the system itself. */
export const DEFAULT_FLOOD_OPTIONS = {
  /** Between heartbeats to the active peers, ms. */
  heartbeatMs: 30_000,
  /** Between looks at who is still there, ms. */
  livenessMs: 60_000,
  /** Without a sign of life for so long a peer is inactive, ms. */
  inactiveMs: 300_000,
  /** And after this it is forgotten, ms. */
  forgetMs: 3_600_000,
  /** With fewer active peers, more are looked for. */
  minActive: 3,
  /** Queries of others that say more are taken as this. */
  maxTtl: 5,
  callTimeoutMs: 5_000,
  /** How long `/init_query` and a search wait for others, ms. */
  findMs: 10_000,
  maxPeers: 32,
  /** Queries that are looked into at once; more are left out. */
  maxWork: 64,
  /** Queries of this node's clients that are kept; the oldest make room. */
  maxQueries: 200,
  /** Ids of queries that are known again. */
  maxSeen: 10_000,
  /** Answers that are kept of a query. */
  maxHits: 100,
  /** Largest file that is fetched from a peer, bytes. */
  maxFetchBytes: 1024 ** 3,
}

export type FloodOptions = Readonly<typeof DEFAULT_FLOOD_OPTIONS>
