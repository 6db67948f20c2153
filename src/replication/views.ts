import type { Effort } from './coordinator.ts'
import type { Partners } from './partners.ts'
import type { SetPlan } from './plan.ts'
import type { PeersPort } from './ports.ts'
import type { BookEntry } from './set-book.ts'

/** What people are told of a set; its shape is that of the API. Times are ms since the Unix epoch. */
export interface ReplicaView {
  readonly cid: string
  readonly name: string
  readonly kind: 'file' | 'folder'
  readonly sizeBytes: number
  readonly owner: string
  readonly ownerName: string
  readonly role: 'owner' | 'holder'
  readonly state: 'placing' | 'kept' | 'short' | 'ended'
  readonly reason?: string | undefined
  readonly wanted: number
  readonly live: number
  readonly createdMs: number
  readonly expiresMs: number
  readonly holders: readonly HolderView[]
}

export interface HolderView {
  readonly peerId: string
  readonly name: string
  readonly state: 'fetching' | 'kept' | 'leaving' | 'lost'
  readonly zone?: string | undefined
  readonly doneBytes?: number | undefined
  readonly leaseExpiresMs?: number | undefined
  readonly provedMs?: number | undefined
  readonly lastSeenMs?: number | undefined
}

export interface ViewFacts {
  readonly self: string
  readonly selfName: string
  readonly entry: BookEntry
  readonly plan: SetPlan
  readonly effort: Effort | undefined
  readonly peers: PeersPort
  readonly partners: Partners
  readonly nowMs: number
}

export function viewOf(facts: ViewFacts): ReplicaView {
  const { entry, plan, effort, self, selfName, peers, nowMs } = facts
  const { order, holders } = entry.set
  const { cid, name, kind, sizeBytes, owner, replicas, expiresMs } = order
  const isEnded = replicas === 0 || expiresMs <= nowMs
  const state = isEnded ? 'ended' : stateOf(plan, replicas, effort)
  const isOwn = owner === self
  return {
    ...{ cid, name, kind, sizeBytes, owner, state, expiresMs },
    ownerName: isOwn ? selfName : (peers.get(owner)?.name ?? ''),
    role: isOwn ? 'owner' : 'holder',
    ...(state === 'short' && effort?.reason !== undefined && { reason: effort.reason }),
    wanted: replicas,
    live: plan.live.length,
    createdMs: entry.createdMs,
    holders: holders.map(({ peerId }) => holderView(peerId, facts)),
  }
}

function stateOf(
  { live, pending, missing }: SetPlan,
  wanted: number,
  effort: Effort | undefined,
): 'placing' | 'kept' | 'short' {
  if (live.length >= wanted) return 'kept'
  if (pending.length > 0 || effort === undefined || effort.isBusy) return 'placing'
  return missing > 0 && effort.reason !== undefined ? 'short' : 'placing'
}

function holderView(peerId: string, { entry, plan, self, selfName, peers, partners }: ViewFacts): HolderView {
  const holder = entry.set.holders.find((other) => other.peerId === peerId)!
  const heard = entry.heard.get(peerId)
  const known = peers.get(peerId)
  const isFetching = plan.pending.includes(peerId)
  const state = plan.live.includes(peerId)
    ? 'kept'
    : isFetching
      ? 'fetching'
      : heard?.status === 'leaving' && !partners.isGone(peerId)
        ? 'leaving'
        : 'lost'
  const optional = {
    zone: known?.zone === '' ? undefined : known?.zone,
    doneBytes: isFetching ? (heard?.doneBytes ?? 0) : undefined,
    leaseExpiresMs: holder.lease?.expiresMs,
    provedMs: entry.proved[peerId],
    lastSeenMs: partners.lastHeardMs(peerId),
  }
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined))
  return { peerId, name: peerId === self ? selfName : (known?.name ?? holder.name), state, ...given }
}
