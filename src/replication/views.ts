import type { EntryKind } from '../content/entry.ts'
import type { Partners } from './partners.ts'
import type { Effort } from './placer.ts'
import type { SetPlan } from './plan.ts'
import type { PeersPort } from './ports.ts'
import type { BookEntry } from './set-book.ts'

/** placing: asks or waits for those who fetch; kept: as many live copies as wanted; short: fewer, and nobody more can be asked now (tried again); ended. */
export const REPLICA_STATES = ['placing', 'kept', 'short', 'ended'] as const

/** fetching; kept; leaving: will drop it, and is being replaced; lost: gone, did not answer for too long, or could not prove it. */
export const HOLDER_STATES = ['fetching', 'kept', 'leaving', 'lost'] as const

export interface ReplicaView {
  readonly cid: string
  readonly name: string
  readonly kind: EntryKind
  readonly sizeBytes: number
  /** PeerId of who ordered it, and its name as far as known. */
  readonly owner: string
  readonly ownerName: string
  /** This node ordered it, or keeps a copy for somebody. */
  readonly role: 'owner' | 'holder'
  readonly state: (typeof REPLICA_STATES)[number]
  /** Why it is short, for people. */
  readonly reason?: string | undefined
  /** Copies wanted, and live ones. */
  readonly wanted: number
  readonly live: number
  readonly createdMs: number
  /** When the order ends. */
  readonly expiresMs: number
  readonly holders: readonly HolderView[]
}

export interface HolderView {
  readonly peerId: string
  readonly name: string
  readonly state: (typeof HOLDER_STATES)[number]
  /** Zone it is in, where that is known. */
  readonly zone?: string | undefined
  /** While it fetches. */
  readonly doneBytes?: number | undefined
  /** Until when it has signed to keep it. */
  readonly leaseExpiresMs?: number | undefined
  /** When it last gave a random block that was right. */
  readonly provedMs?: number | undefined
  /** When it was last heard of. */
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
