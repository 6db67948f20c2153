/** Places of the map: rings of slots around this node, far enough from each other that no two peers overlap. All lengths are units of the map. */

export interface Point {
  readonly x: number
  readonly y: number
}

/** The map is a square. */
export const MAP_SIZE = 640
export const CENTRE: Point = { x: MAP_SIZE / 2, y: MAP_SIZE / 2 }

export interface Level {
  readonly name: 'few' | 'roomy' | 'dense'
  /** Most peers. */
  readonly max: number
  readonly peerRadius: number
  readonly rings: readonly number[]
  /** Between the slots of a ring, along it. */
  readonly spacing: number
  /** Rings that belong to the own zone when there are others; all others but the last are for theirs. */
  readonly ownRings: number
}

export const LEVELS: readonly Level[] = [
  {
    name: 'few',
    max: 16,
    peerRadius: 18,
    rings: [122, 194, 266],
    spacing: 88,
    ownRings: 1,
  },
  {
    name: 'roomy',
    max: 60,
    peerRadius: 12,
    rings: [88, 136, 188, 238, 286],
    spacing: 42,
    ownRings: 2,
  },
  {
    name: 'dense',
    max: 150,
    peerRadius: 8,
    rings: [80, 112, 144, 176, 208, 240, 272, 302],
    spacing: 26,
    ownRings: 3,
  },
]

export interface Slot extends Point {
  readonly ring: number
  /** Around the circle, 0 to 1, clockwise from the top. */
  readonly turn: number
}

/** Where `turn` of the circle with that radius is. */
export function pointAt(turn: number, radius: number): Point {
  const angle = (turn - 0.25) * 2 * Math.PI
  return { x: CENTRE.x + radius * Math.cos(angle), y: CENTRE.y + radius * Math.sin(angle) }
}

export function slotsOf({ rings, spacing }: Level): Slot[] {
  return rings.flatMap((radius, ring) => {
    const count = Math.floor((2 * Math.PI * radius) / spacing)
    // Rings are turned against each other, so that names do not stand in rows.
    return Array.from({ length: count }, (_, index) => {
      const turn = (index + (ring % 2) / 2) / count
      return { ring, turn, ...pointAt(turn, radius) }
    })
  })
}

/** The part of the circle that a zone has: its bits as a binary fraction, so zones side by side in the tree are side by side here. */
export function arcOf(zone: string): { start: number; width: number } {
  let start = 0
  let width = 1
  for (const bit of zone) {
    width /= 2
    if (bit === '1') start += width
  }
  return { start, width }
}

/** Two numbers from 0 to 1 that depend on `text` alone (FNV-1a, mixed as MurmurHash3 does). */
export function hashPoint(text: string): [number, number] {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  const mix = (value: number) => {
    let h = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
    return (h ^ (h >>> 16)) >>> 0
  }
  return [mix(hash) / 2 ** 32, mix(hash ^ 0x9e3779b9) / 2 ** 32]
}
