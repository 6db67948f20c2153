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

/** Of the ring on which zones stand. */
export const RING_RADIUS = 258
const OWN_RADIUS = 78
const MAX_RADIUS = 58
const MIN_RADIUS = 3
/** In the corner, where no zone reaches. */
const NONE: Point = { x: 46, y: MAP_SIZE - 46 }
const MAX_NONE_RADIUS = 42

/**
 * A network of many peers: the own zone in the middle, each other one within its part of the circle, the more peers the larger. No two overlap: each
 * is within the wedge of its own bits.
 */
export function bubblesOf(peers: Iterable<Placeable>, ownZone: string | null): Bubble[] {
  const counts = new Map<string | null, number>()
  for (const { zone } of peers) counts.set(zone, (counts.get(zone) ?? 0) + 1)
  const most = Math.max(
    1,
    ...[...counts].flatMap(([zone, count]) => (zone === null || zone === ownZone ? [] : [count])),
  )
  const sizeOf = (count: number, max: number) => Math.max(MIN_RADIUS, max * Math.sqrt(count / most))
  return [...counts]
    .sort(([a], [b]) => Number(a === null) - Number(b === null) || ((a ?? '') < (b ?? '') ? -1 : 1))
    .map(([zone, count]) => {
      if (zone === null)
        return {
          zone,
          isOwn: false,
          count,
          radius: Math.min(MAX_NONE_RADIUS, sizeOf(count, MAX_NONE_RADIUS)),
          ...NONE,
        }
      if (zone === ownZone) return { zone, isOwn: true, count, radius: OWN_RADIUS, ...CENTRE }
      const { start, width } = arcOf(zone)
      // The largest circle at that distance that fits into the wedge.
      const room = width >= 0.5 ? MAX_RADIUS : RING_RADIUS * Math.sin(width * Math.PI) * 0.94
      const radius = Math.min(room, sizeOf(count, Math.min(room, MAX_RADIUS)))
      return { zone, isOwn: false, count, radius, ...pointAt(start + width / 2, RING_RADIUS) }
    })
}
