import type { ReplicaPeer } from './ports.ts'
import { isLeaseOf, type ReplicaLease, type ReplicaOrder } from './records.ts'

/** Who keeps a copy, or fetches it. */
export interface SetHolder extends ReplicaPeer {
  /** Undefined while it fetches. */
  readonly lease: ReplicaLease | undefined
  readonly addedMs: number
}

/** An order with those who keep it. Never changed: a newer one replaces it. */
export interface ReplicaSet {
  readonly order: ReplicaOrder
  /** Counts the changes of the holders. */
  readonly version: number
  /** PeerId of who made this version. */
  readonly coordinator: string
  readonly holders: readonly SetHolder[]
  readonly ownerAddresses: readonly string[]
}

/** What names a set: an owner and a CID. */
export type ReplicaKey = string

export const replicaKey = ({ owner, cid }: { owner: string; cid: string }): ReplicaKey => `${owner} ${cid}`

/** What orders the versions of a set. */
export type SetVersion = Pick<ReplicaSet, 'version' | 'coordinator'>

/** Whether `a` is a later version of the holders than `b`. */
export const isLater = (a: SetVersion, b: SetVersion): boolean =>
  a.version > b.version || (a.version === b.version && a.coordinator > b.coordinator)

/** Of two things that are known of one set: the newer order, and the later holders. The same whichever comes first. */
export function mergeSets(a: ReplicaSet, b: ReplicaSet): ReplicaSet {
  const later = isLater(b, a) ? b : a
  const order = a.order.version >= b.order.version ? a.order : b.order
  const ownerAddresses = later.ownerAddresses.length > 0 ? later.ownerAddresses : a.ownerAddresses
  return order === later.order && ownerAddresses === later.ownerAddresses
    ? later
    : { ...later, order, ownerAddresses }
}

export const holderOf = (set: ReplicaSet, peerId: string): SetHolder | undefined =>
  set.holders.find((holder) => holder.peerId === peerId)

/** The set with one holder added or replaced, the last to be added at the end. */
export function withHolder(set: ReplicaSet, holder: SetHolder): ReplicaSet {
  const others = set.holders.filter(({ peerId }) => peerId !== holder.peerId)
  return { ...set, holders: [...others, holder] }
}

export const withoutHolders = (set: ReplicaSet, peerIds: readonly string[]): ReplicaSet => ({
  ...set,
  holders: set.holders.filter(({ peerId }) => !peerIds.includes(peerId)),
})

/** The next version, made by `coordinator`. */
export const nextVersion = (set: ReplicaSet, coordinator: string): ReplicaSet => ({
  ...set,
  version: set.version + 1,
  coordinator,
})

/** Holders with a lease that holds now. */
export const leased = ({ order, holders }: ReplicaSet, nowMs: number): SetHolder[] =>
  holders.filter(({ peerId, lease }) => isLeaseOf(lease, { order, holder: peerId, nowMs }))

/** Whether `peerId` need not keep its copy any more: the order has ended, or enough others have signed, and it is none of them. */
export function isSuperfluous(set: ReplicaSet, peerId: string, nowMs: number): boolean {
  const { replicas, expiresMs } = set.order
  if (replicas === 0 || expiresMs <= nowMs) return true
  return !holderOf(set, peerId) && leased(set, nowMs).length >= replicas
}

/** Everybody concerned with a set. */
export const concerned = ({ order, holders }: ReplicaSet): string[] => [
  ...new Set([order.owner, ...holders.map(({ peerId }) => peerId)]),
]
