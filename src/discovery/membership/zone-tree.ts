import { commonPrefix, labelOf, MAX_ZONE_BITS } from './point.ts'

/** A zone splits when both halves have this many members. */
export const SPLIT_MEMBERS = 8
/** Two halves become one zone when either has fewer. */
export const MERGE_MEMBERS = 6

/** A live member as far as zones are concerned. */
export interface ZonePeer {
  readonly point: number
  readonly zoneBits: number
}

/**
 * The bits that a node's zone should have, one more or less than now, or as many. Each node decides for itself from what it knows:
 * its own zone and the sibling zone wholly, of the others some. A zone splits when both halves have {@link SPLIT_MEMBERS}, and merges
 * when one of two siblings has fewer than {@link MERGE_MEMBERS}. Between the two counts what most others in the zone say. When zones
 * elsewhere in a wider half have merged because it has too few members, this side follows. Of a wider half in which nobody is known it follows
 * those on this side whose zone includes it: they have been next to it, and only the whole zone's move can bring all together again.
 *
 * @param others live members known, without leaves and the node itself
 * @param knowsAll `others` is everybody, so that empty zones are empty indeed
 */
export function decideZoneBits(
  point: number,
  bits: number,
  others: Iterable<ZonePeer>,
  knowsAll: boolean,
): number {
  // By the length of the prefix shared with this node: how many, and how many of them are in zones no longer than that.
  const sharing = new Array<number>(MAX_ZONE_BITS + 2).fill(0)
  const coarse = new Array<number>(MAX_ZONE_BITS + 2).fill(0)
  // The same: the widest zone of one of them.
  const widest = new Array<number>(MAX_ZONE_BITS + 2).fill(Number.POSITIVE_INFINITY)
  let finer = 0
  let zone = 0
  for (const other of others) {
    const shared = Math.min(commonPrefix(point, other.point), MAX_ZONE_BITS + 1)
    sharing[shared]!++
    if (other.zoneBits <= shared) coarse[shared]!++
    if (other.zoneBits < widest[shared]!) widest[shared] = other.zoneBits
    if (shared >= bits) {
      zone++
      if (other.zoneBits > bits) finer++
    }
  }
  const own = zone + 1
  if (bits > 0) {
    const sibling = sharing[bits - 1]!
    if (sibling < MERGE_MEMBERS || own < MERGE_MEMBERS) return bits - 1
    for (let depth = 0; depth < bits - 1; depth++) {
      const half = sharing[depth]!
      const isEmpty = () => knowsAll || widest.some((there, shared) => shared > depth && there <= depth)
      const isThin = half < MERGE_MEMBERS && (half > 0 || isEmpty())
      if (isThin && 2 * coarse[depth]! >= half) return bits - 1
    }
  }
  if (bits < MAX_ZONE_BITS) {
    const there = sharing[bits]!
    const here = own - there
    const least = Math.min(here, there)
    if (least >= SPLIT_MEMBERS || (least >= MERGE_MEMBERS && 2 * finer > zone)) return bits + 1
  }
  return bits
}

/** The bits with which a newcomer begins: those of the zone in which the peers closest to it say that it lies. */
export function initialZoneBits(point: number, closest: readonly ZonePeer[]): number {
  for (const peer of closest) {
    if (labelOf(peer.point, peer.zoneBits) === labelOf(point, peer.zoneBits)) return peer.zoneBits
  }
  return closest[0] ? Math.min(closest[0].zoneBits, commonPrefix(point, closest[0].point)) : 0
}
