import { type Random, randomInt } from '../../src/base/random.ts'
import type { Membership } from '../../src/discovery/membership/membership.ts'
import type { PeerRecord } from '../../src/discovery/membership/peer-record.ts'
import { firstPoint, labelOf, MAX_ZONE_BITS, parentOf } from '../../src/discovery/membership/point.ts'
import { SPLIT_MEMBERS } from '../../src/discovery/membership/zone-tree.ts'

/** Contacts that a node has in each zone that is not near, */
const CONTACTS = 3
/** and in all of them together at least: with fewer it would think that it knows everybody. */
const MIN_FAR = 400

/**
 * The bits of each point's zone once all have found their places: a zone is halved as long as both halves have enough members. In the order
 * of `points`.
 */
export function settledBits(points: readonly number[]): number[] {
  const bits = new Array<number>(points.length).fill(0)
  const order = points.map((_, i) => i).sort((a, b) => points[a]! - points[b]!)
  const settle = (from: number, to: number, label: number, depth: number): void => {
    const middle = firstPoint((label << 1) | 1)
    let at = from
    while (at < to && points[order[at]!]! < middle) at++
    if (depth < MAX_ZONE_BITS && at - from >= SPLIT_MEMBERS && to - at >= SPLIT_MEMBERS) {
      settle(from, at, label << 1, depth + 1)
      settle(at, to, (label << 1) | 1, depth + 1)
      return
    }
    for (let i = from; i < to; i++) bits[order[i]!] = depth
  }
  settle(0, points.length, 1, 0)
  return bits
}

/** Tells each node its own and its sibling zone, and some random peers of each other zone, as if it had been there for long. Before they start. */
export function acquaint(members: readonly Membership[], random: Random): void {
  const bits = settledBits(members.map(({ record }) => record.point))
  members.forEach((member, i) => void member.beginIn(bits[i]!))
  const records = members.map(({ record }) => record)
  const zones = new Map<number, PeerRecord[]>()
  for (const record of records) {
    const label = labelOf(record.point, record.zoneBits)
    const zone = zones.get(label)
    if (zone) zone.push(record)
    else zones.set(label, [record])
  }
  const count = Math.max(CONTACTS, Math.ceil(MIN_FAR / zones.size))
  members.forEach((member, i) => {
    const { point, zoneBits } = records[i]!
    const near = parentOf(labelOf(point, zoneBits))
    for (const [label, zone] of zones) {
      const known = isWithin(label, near) ? zone : someOf(zone, count, random)
      for (const record of known) member.learn(record)
    }
  })
}

function someOf(zone: readonly PeerRecord[], wanted: number, random: Random): PeerRecord[] {
  const begin = randomInt(random, zone.length)
  const count = Math.min(wanted, zone.length)
  return Array.from({ length: count }, (_, i) => zone[(begin + i) % zone.length]!)
}

/** Whether the zone `label` is `wider` or a part of it. */
function isWithin(label: number, wider: number): boolean {
  const deeper = Math.clz32(wider) - Math.clz32(label)
  return deeper >= 0 && label >>> deeper === wider
}
