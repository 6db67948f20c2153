import type { PeerRecord } from '../membership/peer-record.ts'

/** What zones need of the node's membership in the network. */
export interface ZoneMembership {
  /** Own record, as it is now. */
  readonly record: PeerRecord
  readonly zone: { readonly bits: number; readonly label: number }
  readonly zoneChanges: Listenable<{ readonly bits: number; readonly label: number }>
  readonly changes: Listenable<{
    readonly peerId: string
    readonly state: string
    readonly record?: PeerRecord | undefined
  }>
  /** Notes a record; true when it was news. */
  learn(record: PeerRecord): boolean
  find(peerId: string): PeerRecord | undefined
  /** Whether the peer is known to be dead, or to have left. */
  isGone(peerId: string): boolean
  /** Live members, those closest to `point` first. */
  closest(point: number, limit: number): PeerRecord[]
  /** Live members of the own zone without this node. */
  zoneMates(): readonly PeerRecord[]
  /** False for a leaf. */
  isInOwnZone(point: number): boolean
  /** A call to the peer failed. */
  reportFailure(peerId: string): void
}

/** What can be listened to until the returned function is called. */
export interface Listenable<T> {
  on(listener: (event: T) => void): () => void
}
