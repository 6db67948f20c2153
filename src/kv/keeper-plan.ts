import type { ValueHead } from './order.ts'
import type { KvPeer } from './ports.ts'

/** What is known of one kept record. */
export interface KeptRecord<T extends ValueHead = ValueHead> {
  readonly head: T
  /** The nodes closest to its key that are known now, without this one. */
  readonly closest: readonly KvPeer[]
  readonly has: (peerId: string) => boolean
}

/** Records for one peer. */
export interface PeerOffer<T extends ValueHead = ValueHead> {
  readonly peer: KvPeer
  readonly heads: T[]
}

/** To whom which records are to be offered: to those of the closest that are not known to have them. */
export function offersOf<T extends ValueHead>(records: Iterable<KeptRecord<T>>): PeerOffer<T>[] {
  const byPeer = new Map<string, PeerOffer<T>>()
  for (const { head, closest, has } of records) {
    for (const peer of closest) {
      if (has(peer.peerId)) continue
      const offer = byPeer.get(peer.peerId)
      if (offer) offer.heads.push(head)
      else byPeer.set(peer.peerId, { peer, heads: [head] })
    }
  }
  return [...byPeer.values()]
}

/** What decides whether a record may go. */
export interface StrayRecord {
  readonly own: boolean
  /** How long this node has not been one of the closest, ms; undefined while it is one. */
  readonly strayMs: number | undefined
  /** The closest nodes that are known. */
  readonly closest: number
  /** Those of them that said that they have it. */
  readonly confirmed: number
}

/** Fewer copies than this are too few to drop one. */
const LEAST_COPIES = 3

/** Whether a record may be dropped: others' only, long strayed, and all that are closer have it. */
export function mayDrop(
  { own, strayMs, closest, confirmed }: StrayRecord,
  { strayMs: least }: { strayMs: number },
): boolean {
  if (own || strayMs === undefined || strayMs < least) return false
  return confirmed === closest && confirmed >= LEAST_COPIES
}
