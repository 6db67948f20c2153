/**
 * Why a relay refused or ended something. Sent over the wire: a code keeps its meaning.
 *
 * - SLOTS, SLOTS_PER_ADDRESS: no reservation, all places are taken, or all those of one network
 * - CONNECTION_BYTES, CONNECTION_TIME: one connection carried or lasted as much as one may
 * - PEER_QUOTA, TOTAL_QUOTA: a day's bytes of a peer, or of the relay, are used up
 * - PEER_CONNECTIONS, TOTAL_CONNECTIONS: too many relayed connections at once
 * - SHUTDOWN: the relay ends
 */
export const RELAY_CODES = [
  'SLOTS',
  'SLOTS_PER_ADDRESS',
  'CONNECTION_BYTES',
  'CONNECTION_TIME',
  'PEER_QUOTA',
  'TOTAL_QUOTA',
  'PEER_CONNECTIONS',
  'TOTAL_CONNECTIONS',
  'SHUTDOWN',
] as const

export type RelayCode = (typeof RELAY_CODES)[number]

/** Why something is refused or ended, with the figures. */
export interface Refusal {
  readonly code: RelayCode
  /** The limit that was reached: bytes, ms, or a number of places; 0 for SHUTDOWN. */
  readonly limit: number
  /** When it may be tried again, ms from now. */
  readonly retryAfterMs: number
  /** Whose limit it is, a PeerId; undefined when it is the relay's own. */
  readonly about?: string | undefined
}
