import { type Random, randomInt } from '../../src/base/random.ts'
import type { Membership } from '../../src/discovery/membership/membership.ts'
import { DEFAULT_MEMBERSHIP_OPTIONS } from '../../src/discovery/membership/options.ts'
import type { PeerRecord } from '../../src/discovery/membership/peer-record.ts'
import { firstPoint, labelOf, MAX_ZONE_BITS, parentOf } from '../../src/discovery/membership/point.ts'
import { SPLIT_MEMBERS } from '../../src/discovery/membership/zone-tree.ts'

/** Contacts that a node has in each zone that is not near. */
const CONTACTS = 3

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

/** Lets each node know its own and its sibling zone, and some random peers of each other zone, as if it had been there for long. Before they start. */
export function acquaint(members: readonly Membership[], random: Random): void {
  const bits = settledBits(members.map(({ record }) => record.point))
  members.forEach((member, i) => void member.beginIn(bits[i]!))
  const records = members.map(({ record }) => record)
  if (records.length <= DEFAULT_MEMBERSHIP_OPTIONS.fullTablePeers) {
    for (const member of members) member.beginWith(records, [])
    return
  }
  const zones = new Map<number, PeerRecord[]>()
  for (const record of records) {
    const label = labelOf(record.point, record.zoneBits)
    const zone = zones.get(label)
    if (zone) zone.push(record)
    else zones.set(label, [record])
  }
  const contactsOf = [...zones].map(([label, zone]) => ({ label, choices: choicesOf(zone) }))
  members.forEach((member, i) => {
    const { point, zoneBits } = records[i]!
    const own = parentOf(labelOf(point, zoneBits))
    const near = contactsOf
      .filter(({ label }) => isWithin(label, own))
      .flatMap(({ label }) => zones.get(label)!)
    const far = contactsOf.flatMap(({ label, choices }) =>
      isWithin(label, own) ? [] : [[label, choices[randomInt(random, choices.length)]!] as const],
    )
    member.beginWith(near, far)
  })
}

/** For each member those who come next in the zone. The same lists for all nodes: with thousands of them there would be millions. */
function choicesOf(zone: readonly PeerRecord[]): PeerRecord[][] {
  const count = Math.min(CONTACTS, zone.length)
  return zone.map((_, begin) => Array.from({ length: count }, (_, i) => zone[(begin + i) % zone.length]!))
}

/** Whether the zone `label` is `wider` or a part of it. */
function isWithin(label: number, wider: number): boolean {
  const deeper = Math.clz32(wider) - Math.clz32(label)
  return deeper >= 0 && label >>> deeper === wider
}
