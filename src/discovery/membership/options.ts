/** How a node takes part in the network. Times in ms. */
export interface MembershipOptions {
  /** A neighbour gets a sign of life this often. */
  heartbeatMs: number
  /** Without any message for about so many of them a neighbour is suspected. */
  missedHeartbeats: number
  /** A peer that is looked for must answer within this. */
  probeTimeoutMs: number
  /** Other neighbours asked to look for a suspect. */
  probeHelpers: number
  /** Any other call to a peer must be answered within this. */
  callTimeoutMs: number
  /** Records are exchanged with one neighbour and one zone-mate this often. */
  gossipMs: number
  /** Records told in an exchange. */
  gossipRecords: number
  /** What is passed on to neighbours is gathered for this long. */
  newsMs: number
  /** The own record holds for this long, and is renewed at half of it. */
  recordTtlMs: number
  /** With fewer neighbours others are asked to make room, and seeds are asked again. */
  minNeighbours: number
  /** Neighbours that a node looks for by itself. */
  aimNeighbours: number
  /** Neighbours that it has room for. */
  maxNeighbours: number
  /** The zone is looked at this often. */
  zoneCheckMs: number
  /** Everybody is remembered while they are no more than this. */
  fullTablePeers: number
  /** Beyond: contacts remembered in each zone that is neither the own one nor its sibling. */
  contactsPerZone: number
  /** Peers remembered as dead or left. */
  maxTombstones: number
  /** A peer that could not be called is not preferred for this long. */
  avoidMs: number
  /** Whether others can call this node is asked again this often. */
  roleCheckMs: number
  /** First and longest wait before seeds are asked again. */
  joinRetryMs: number
  joinRetryMaxMs: number
  /** The announcement that the node leaves may take this long. */
  leaveMs: number
}

export const DEFAULT_MEMBERSHIP_OPTIONS: MembershipOptions = {
  heartbeatMs: 5000,
  missedHeartbeats: 3,
  probeTimeoutMs: 2000,
  probeHelpers: 3,
  callTimeoutMs: 3000,
  gossipMs: 15_000,
  gossipRecords: 20,
  newsMs: 200,
  recordTtlMs: 3_600_000,
  minNeighbours: 3,
  aimNeighbours: 6,
  maxNeighbours: 8,
  zoneCheckMs: 5000,
  fullTablePeers: 256,
  contactsPerZone: 4,
  maxTombstones: 5000,
  avoidMs: 30_000,
  roleCheckMs: 300_000,
  joinRetryMs: 500,
  joinRetryMaxMs: 10_000,
  leaveMs: 1000,
}
