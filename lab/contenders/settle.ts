import type { Membership } from '../../src/discovery/membership/membership.ts'
import type { PeerRecord } from '../../src/discovery/membership/peer-record.ts'
import { labelOf, MAX_ZONE_BITS } from '../../src/discovery/membership/point.ts'
import { bucketPoint } from '../../src/discovery/zone/keys.ts'
import type { Page } from '../../src/discovery/zone/page.ts'
import type { ZoneLocator } from '../../src/discovery/zone-locator.ts'

export interface ZoneNode {
  readonly membership: Membership
  readonly locator: ZoneLocator
}

/**
 * Makes everybody's pages and gives each to all members of its zone, as after publishing and gossip; before they start. Members have their
 * directory in common until it changes.
 */
export function settlePages(nodes: readonly ZoneNode[]): void {
  const zones = new Map<number, { members: ZoneNode[]; pages: { page: Page; record: PeerRecord }[] }>()
  for (const node of nodes) {
    const { label } = node.membership.zone
    const zone = zones.get(label)
    if (zone) zone.members.push(node)
    else zones.set(label, { members: [node], pages: [] })
  }
  const zoneOf = Array.from({ length: 1 << MAX_ZONE_BITS }, (_, bucket) => {
    for (let bits = MAX_ZONE_BITS; bits >= 0; bits--) {
      const zone = zones.get(labelOf(bucketPoint(bucket), bits))
      if (zone) return zone
    }
    throw new Error(`Nobody is in the zone of bucket ${bucket}.`)
  })
  for (const { locator, membership } of nodes) {
    const { record } = membership
    for (const page of locator.beginWithOwn()) zoneOf[page.bucket]!.pages.push({ page, record })
  }
  for (const { members, pages } of zones.values()) {
    const [first, ...others] = members
    for (const { page, record } of pages) first!.locator.beginWith(page, record)
    for (const { locator } of others) locator.beginLike(first!.locator)
  }
}
