import type { ReplicaView } from '../../replication/views.ts'

/** Copies that other peers keep of what this node shares, and copies that it keeps for others, as the API sees them. All times are ms since the Unix epoch. */
export interface ReplicationPort {
  /**
   * Asks for copies of something that this node shares: makes the order, or changes the one that there is for the CID (`created` tells which). Answers at once;
   * {@link watch} tells how it goes. Errors: NOT_FOUND (not shared here), INVALID_ARGUMENT (what is wanted), CONFLICT when there are
   * {@link REPLICA_BOUNDS}.maxOrders.
   */
  push(target: PushTarget, options: PushOptions): Promise<{ view: ReplicaView; created: boolean }>
  /** The order now and after each change, until it has what it wants, or nobody more can be asked, or the order ends. NOT_FOUND. */
  watch(cid: string, signal: AbortSignal): AsyncIterable<ReplicaView>
  /** Ends an order: those who keep a copy are told to drop it, those who are away once they are back. Resolves when all that are there were told. NOT_FOUND. */
  unpush(cid: string, signal: AbortSignal): Promise<UnpushView>
  /** Orders of this node and, of those for whom it keeps something, what it knows; newest first. */
  list(): ReplicaView[]
  /** The orders for one CID: at most one of this node's own, which is the first. */
  get(cid: string): ReplicaView[]
  /** Asks each of those who keep a copy for a random block now, and verifies it. NOT_FOUND. */
  prove(cid: string, signal: AbortSignal): Promise<ReplicaView>
  /** What this node keeps for others, and what is pinned. */
  kept(): KeptView
  /**
   * Keeps something of others on purpose: fetches it if it is not here, and holds it until it is unpinned, whatever becomes of its lease. Answers at once.
   * Errors: those of a download's start.
   */
  pin(
    cid: string,
    options: { readonly name?: string | undefined; readonly signal: AbortSignal },
  ): Promise<KeptReplicaView>
  /** What was only kept because it was pinned is deleted. NOT_FOUND when it is not pinned. */
  unpin(cid: string): Promise<void>
}

export const REPLICA_BOUNDS = { maxOrders: 10_000, maxReplicas: 20, maxDays: 3650, maxPeers: 100 } as const

/** A CID, or an absolute path that is shared first if it is not. */
export type PushTarget = { readonly cid: string } | { readonly path: string }

export interface PushOptions {
  /** Copies by others, 1 to {@link REPLICA_BOUNDS}.maxReplicas. */
  readonly replicas: number
  /** PeerIds that are asked first; undefined or empty: whoever suits. */
  readonly peers?: readonly string[] | undefined
  /** After so many days the order ends. Default 30. */
  readonly days?: number | undefined
  /** Ask the peer first that the zone of the name's rarest word names first. */
  readonly zoneFirst?: boolean | undefined
  readonly signal: AbortSignal
}

export { HOLDER_STATES, type HolderView, REPLICA_STATES, type ReplicaView } from '../../replication/views.ts'

export interface UnpushView {
  readonly cid: string
  /** Who kept a copy and was told, and who is to be told yet. */
  readonly told: number
  readonly untold: number
}

/** For whom this node keeps copies: nobody; trusted: members of its private network, and peers on its list; everybody. */
export const KEEPS_FOR = ['nobody', 'trusted', 'everybody'] as const

export interface KeptView {
  readonly keepsFor: (typeof KEEPS_FOR)[number]
  /** Copies under leases, those that are being fetched too; what is only pinned does not count. */
  readonly files: number
  readonly sizeBytes: number
  /** The most of both. */
  readonly maxFiles: number
  readonly maxBytes: number
  readonly replicas: readonly KeptReplicaView[]
}

export interface KeptReplicaView {
  readonly cid: string
  readonly name: string
  readonly sizeBytes: number
  /** PeerId of who ordered it; undefined for what is only pinned. */
  readonly owner?: string | undefined
  readonly ownerName?: string | undefined
  readonly state: 'fetching' | 'kept' | 'leaving'
  readonly pinned: boolean
  /** Where it is; undefined while it is being fetched. */
  readonly path?: string | undefined
  readonly leaseExpiresMs?: number | undefined
}
