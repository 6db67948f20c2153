import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import type { Random } from '../../base/random.ts'
import type { NeighbourMessage } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import type { Links } from '../../link/rpc.ts'
import type { MembershipOptions } from './options.ts'
import type { PeerRecord, RecordReader } from './peer-record.ts'
import type { NeighbourTransport, Signer } from './ports.ts'

/** What is known of a peer. `suspect`: it did not answer and others are asked. */
export type PeerState = 'alive' | 'suspect' | 'dead' | 'left'

/** A peer that may know others. */
export interface Seed {
  readonly peerId?: string | undefined
  /** HOST:PORT, best first. */
  readonly addresses: readonly string[]
}

/** What a node's membership is made from. */
export interface MembershipSetup {
  readonly signer: Signer
  readonly reader: RecordReader
  /** Read again and again: a change is told to others. */
  readonly self: () => { name: string; addresses: readonly string[] }
  readonly links: Links
  readonly transport: NeighbourTransport
  /** Asked at start and again while there are too few neighbours: configured peers, remembered ones, those that an index told. */
  readonly seeds: () => readonly Seed[]
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly options?: Partial<MembershipOptions>
}

/** A peer with whom there is a stream. */
export interface Neighbour {
  readonly peerId: string
  readonly point: number
  /** Its latest record. */
  readonly record: PeerRecord
  /** Round trip, smoothed; undefined before the first heartbeat was answered. */
  readonly latencyMs: number | undefined
  /** False when the message was dropped. */
  send(message: NeighbourMessage): boolean
}

/** A peer as people see it. */
export interface PeerView {
  readonly record: PeerRecord
  readonly state: PeerState
  readonly isNeighbour: boolean
  /** When it last answered this node itself, wall clock; 0 = never. */
  readonly lastSeenMs: number
  readonly latencyMs: number | undefined
  /** Its zone's bits as text: `0110`; empty for the whole network. */
  readonly zone: string
}

/** A peer that came, changed, became suspect or went. */
export interface PeerChange {
  readonly peerId: string
  readonly state: PeerState
  readonly record: PeerRecord | undefined
}

/** The zone of a node. */
export interface Zone {
  readonly bits: number
  readonly label: number
}
