import type { Placeable } from './layout.ts'
import { arcOf, CENTRE, MAP_SIZE, type Point, pointAt } from './slots.ts'

/** All peers of a zone as one circle. */
export interface Bubble extends Point {
  /** Bits; null for those in no zone. */
  readonly zone: string | null
  readonly isOwn: boolean
  readonly count: number
  readonly radius: number
}

const RING_RADIUS = 225
const OWN_RADIUS = 78
const MAX_RADIUS = 64
const MIN_RADIUS = 3
/** In the corner, where no zone reaches. */
const NONE: Point = { x: 62, y: MAP_SIZE - 62 }

/**
 * A network of many peers: the own zone in the middle, each other one within its part of the circle, the more peers the larger. No two overlap: each
 * is within the wedge of its own bits.
 */
export function bubblesOf(peers: Iterable<Placeable>, ownZone: string | null): Bubble[] {
  const counts = new Map<string | null, number>()
  for (const { zone } of peers) counts.set(zone, (counts.get(zone) ?? 0) + 1)
  const most = Math.max(1, ...[...counts].filter(([zone]) => zone !== ownZone).map(([, count]) => count))
  const sizeOf = (count: number, max: number) => Math.max(MIN_RADIUS, max * Math.sqrt(count / most))
  return [...counts]
    .sort(([a], [b]) => Number(a === null) - Number(b === null) || ((a ?? '') < (b ?? '') ? -1 : 1))
    .map(([zone, count]) => {
      if (zone === null)
        return { zone, isOwn: false, count, radius: Math.min(52, sizeOf(count, 52)), ...NONE }
      if (zone === ownZone) return { zone, isOwn: true, count, radius: OWN_RADIUS, ...CENTRE }
      const { start, width } = arcOf(zone)
      // The largest circle at that distance that fits into the wedge.
      const room = width >= 0.5 ? MAX_RADIUS : RING_RADIUS * Math.sin(width * Math.PI) * 0.94
      const radius = Math.min(room, sizeOf(count, Math.min(room, MAX_RADIUS)))
      return { zone, isOwn: false, count, radius, ...pointAt(start + width / 2, RING_RADIUS) }
    })
}
