import type { Caller } from './caller.ts'
import type { Neighbours } from './neighbours.ts'
import type { News } from './news.ts'
import type { Notes } from './notes.ts'
import type { MembershipOptions } from './options.ts'
import type { PeerRecord } from './peer-record.ts'
import type { PeerTable } from './peer-table.ts'
import type { Prober } from './prober.ts'
import type { Timers } from './timers.ts'
import type { MembershipSetup, PeerState, Zone } from './types.ts'

/** How a record came. */
export interface Source {
  /** From its peer itself, just now. */
  readonly direct?: boolean
  /** The neighbour that told it. */
  readonly from?: string | undefined
}

/** What a node may change of its own record. */
export type RecordChange = Partial<Pick<PeerRecord, 'seq' | 'role' | 'left'>>

/** What the parts of a membership share. */
export interface Core {
  readonly setup: MembershipSetup
  readonly options: MembershipOptions
  readonly table: PeerTable
  readonly neighbours: Neighbours
  readonly notes: Notes
  readonly caller: Caller
  readonly prober: Prober
  readonly news: News
  readonly timers: Timers
  /** Peers that somebody looks for. */
  readonly suspects: Set<string>
  readonly isRunning: boolean
  readonly record: PeerRecord
  readonly zone: Zone
  /** A new record, told to neighbours now and to the zone and its sibling soon. */
  renew(change: RecordChange): void
  /** Takes a record in; true when it was news. */
  learn(record: PeerRecord, source?: Source): boolean
  learnAll(records: readonly PeerRecord[], from?: string): void
  closest(point: number, limit: number): PeerRecord[]
  zoneMates(): readonly PeerRecord[]
  reportAlive(peerId: string, latencyMs: number): void
  reportFailure(peerId: string): void
  emit(peerId: string, state: PeerState, record: PeerRecord | undefined): void
}

/** Clocks may differ by so much. */
export const SKEW_MS = 60_000
