import { hash } from 'node:crypto'
import type { HolderStatus } from './status.ts'

/** What is known of one holder. */
export interface HolderFacts {
  readonly peerId: string
  /** It has not been heard of for too long. */
  readonly isGone: boolean
  /** It has not been heard of for a while: what it has counts, but nobody waits for what it does. */
  readonly isSilent: boolean
  /** What it last said; undefined when it has said nothing yet. */
  readonly status: HolderStatus | undefined
  /** Undefined while it has signed none, or none that still holds. */
  readonly leaseExpiresMs: number | undefined
  readonly addedMs: number
  /** It could not give a block that it has to have. */
  readonly hasFailed?: boolean
  /** While it fetches: when it last got further, if it has. */
  readonly advancedMs?: number | undefined
}

export interface PlanFacts {
  readonly owner: string
  readonly isOwnerSilent: boolean
  readonly cid: string
  /** Copies wanted; 0 when the order has ended. */
  readonly wanted: number
  readonly holders: readonly HolderFacts[]
  readonly nowMs: number
  readonly fetchPatienceMs: number
}

/** What is to be done for a set. */
export interface SetPlan {
  /** Who looks after it: the owner, else one of the holders; undefined when nobody can. */
  readonly coordinator: string | undefined
  /** Holders that have a copy and keep it. */
  readonly live: readonly string[]
  /** Holders that fetch one. */
  readonly pending: readonly string[]
  /** Copies to be made. */
  readonly missing: number
  /** Holders that are told to let go, and are no holders any more: too many, or leaving and replaced. */
  readonly release: readonly string[]
  /** Holders that are no holders any more: gone and replaced, failed, or without a copy. */
  readonly forget: readonly string[]
}

/** Decides who looks after a set and what is missing or too much. Copies that are gone stay noted until they have been replaced. */
export function planSet(facts: PlanFacts): SetPlan {
  const { wanted, holders, owner, isOwnerSilent } = facts
  const by = Map.groupBy(holders, (holder) => sortOf(holder, facts))
  const of = (sort: Sort) => by.get(sort) ?? []
  const [live, pending, leaving, gone, lost] = [
    of('live'),
    of('pending'),
    of('leaving'),
    of('gone'),
    of('lost'),
  ]
  const there = (some: readonly HolderFacts[]) => some.filter(({ isSilent }) => !isSilent)
  const coordinator = isOwnerSilent
    ? lowest(facts, there(live).length > 0 ? there(live) : there(leaving))
    : owner
  const ids = (some: readonly HolderFacts[]) => some.map(({ peerId }) => peerId)
  // The one that came last goes first: what has been kept for long will be kept for longer.
  const tooMany = live.toSorted((a, b) => b.addedMs - a.addedMs).slice(0, Math.max(0, live.length - wanted))
  const isWhole = live.length >= wanted
  return {
    coordinator,
    live: ids(live),
    pending: ids(pending),
    missing: Math.max(0, wanted - live.length - pending.length),
    // Of an order that has ended the holders drop their copies by themselves when they hear of it, and stay noted until they have.
    release: wanted === 0 ? [] : [...ids(tooMany), ...(isWhole ? ids([...leaving, ...pending]) : [])],
    forget: ids([...lost, ...(isWhole && wanted > 0 ? gone : [])]),
  }
}

type Sort = 'live' | 'pending' | 'leaving' | 'gone' | 'lost'

function sortOf(holder: HolderFacts, { nowMs, fetchPatienceMs }: PlanFacts): Sort {
  const { status, isGone, hasFailed, leaseExpiresMs, addedMs, advancedMs } = holder
  if (hasFailed || status === 'none') return 'lost'
  if (isGone) return 'gone'
  if (status === 'leaving') return 'leaving'
  if (leaseExpiresMs !== undefined && leaseExpiresMs > nowMs && status !== 'fetching') return 'live'
  // It has kept it, and has not renewed.
  if (leaseExpiresMs !== undefined && status !== 'fetching') return 'lost'
  return nowMs - Math.max(addedMs, advancedMs ?? 0) <= fetchPatienceMs ? 'pending' : 'lost'
}

/** Of those who could look after it the one that all agree on. */
function lowest(
  { owner, cid }: Pick<PlanFacts, 'owner' | 'cid'>,
  holders: readonly HolderFacts[],
): string | undefined {
  return holders
    .map(({ peerId }) => ({ peerId, rank: rankOf(owner, cid, peerId) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))[0]?.peerId
}

/** Highest random weight (Thaler and Ravishankar 1998), turned round: evenly spread over sets, the same on every node. */
const rankOf = (owner: string, cid: string, peerId: string): string =>
  hash('sha256', `${owner} ${cid} ${peerId}`)
