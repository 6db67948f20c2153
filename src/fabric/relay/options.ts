import { GIB, MIB } from '../../base/units.ts'

/**
 * What a relay gives away. libp2p's own defaults (15 reservations, 2 minutes and 128 KiB a connection) are made for the few messages of a
 * hole punch; here files pass. Bytes are counted as they are passed on, both directions together, without the outer framing.
 */
export interface RelayOptions {
  /** Peers that may have a reservation, that is, can be reached through this relay. */
  readonly slots: number
  /** The same for one IPv4 address or one IPv6 /64 network: one household must not take all places. */
  readonly slotsPerAddress: number
  /** Time for which a reservation is given, ms; clients renew it five minutes before. A peer that is gone loses it when a place is needed. */
  readonly reservationMs: number
  /** Bytes that one relayed connection may carry. Clients are told. */
  readonly connectionBytes: number
  /** Time that one relayed connection may last, ms. Clients are told. */
  readonly connectionMs: number
  /** Relayed connections in which one peer may take part, as the one who dials and the one who is dialled together. */
  readonly connectionsPerPeer: number
  /** Relayed connections in all. */
  readonly connections: number
  /** Bytes a day in which one peer may take part, over the last 24 hours. A peer can make itself new: see `bytesPerDay`. */
  readonly peerBytesPerDay: number
  /** Bytes a day in all, over the last 24 hours. */
  readonly bytesPerDay: number
  /** Bytes a second for one peer, all its relayed connections together; 0 = as fast as it goes. */
  readonly peerBytesPerSecond: number
  /** Bytes a second in all; 0 = as fast as it goes. Those who dial get equal shares. */
  readonly bytesPerSecond: number
  /**
   * Bytes that may wait in this relay for slow receivers, all connections together. With more connections each may have less under way:
   * one gets up to 4 MiB a direction (320 Mbit/s at 100 ms), and never less than the 256 KiB that a stream begins with.
   */
  readonly bufferBytes: number
}

/** In earnest. */
export const DEFAULT_RELAY_OPTIONS: RelayOptions = {
  slots: 128,
  slotsPerAddress: 8,
  reservationMs: 3_600_000,
  connectionBytes: 64 * GIB,
  connectionMs: 86_400_000,
  connectionsPerPeer: 32,
  connections: 512,
  peerBytesPerDay: 256 * GIB,
  bytesPerDay: 1024 * GIB,
  peerBytesPerSecond: 0,
  bytesPerSecond: 0,
  bufferBytes: 512 * MIB,
}

/** What may change while the relay runs; the rest is told to clients when they reserve. */
export type RelayChange = Partial<Omit<RelayOptions, 'reservationMs' | 'connectionBytes' | 'connectionMs'>>

/** The window of a stream when it begins, bytes, says the yamux specification; it cannot be made smaller. */
const FIRST_WINDOW_BYTES = 256 * 1024
const MAX_WINDOW_BYTES = 4 * MIB

/**
 * How large the window of a relayed stream may grow, bytes. A direction whose receiver is slow holds up to two windows: one that was handed
 * over when reading went on, and one that came since.
 */
export function windowBytes(bufferBytes: number, connections: number): number {
  const share = Math.floor(bufferBytes / (4 * Math.max(1, connections)))
  return Math.min(MAX_WINDOW_BYTES, Math.max(FIRST_WINDOW_BYTES, share))
}
