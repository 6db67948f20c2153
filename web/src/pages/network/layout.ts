import { arcOf, hashPoint, LEVELS, type Level, type Point, pointAt, type Slot, slotsOf } from './slots.ts'

export interface Placeable {
  readonly peerId: string
  /** Bits of its zone; null when it is in none. */
  readonly zone: string | null
}

export interface Place {
  readonly slot: number
  readonly group: Group
}

type Group = 'own' | 'none' | `zone ${string}`

/** Who stands where: to be handed to the next call, so that peers keep their places. */
export interface Layout {
  readonly level: Level
  readonly ownZone: string | null
  readonly places: ReadonlyMap<string, Place>
  readonly points: ReadonlyMap<string, Point>
}

/** More than the circle is wide: a peer leaves its region only when that is full. */
const OUTSIDE = 1000

const SLOTS = new Map(LEVELS.map((level) => [level, slotsOf(level)]))

/**
 * Where each peer stands: those of the own zone near the middle, those of other zones in the part of the circle that the bits of their zone name, those
 * of no zone outside. Where in its region is a matter of its PeerId, so it is found at the same place again; who stood somewhere `before` keeps that
 * place whoever comes and goes.
 *
 * @param peers at most {@link MAX_PLACED}, each PeerId once
 */
export function layoutOf(
  peers: readonly Placeable[],
  ownZone: string | null,
  before?: Layout | undefined,
): Layout {
  const level = levelFor(peers.length, before?.level)
  if (!level) throw new RangeError(`at most ${MAX_PLACED} peers`)
  const slots = SLOTS.get(level)!
  const places = new Map<string, Place>()
  const taken = new Set<number>()
  const keeps = before?.level === level && before.ownZone === ownZone ? before.places : undefined
  const take = (peerId: string, place: Place) => {
    places.set(peerId, place)
    taken.add(place.slot)
  }
  const rest = peers.filter(({ peerId, zone }) => {
    const kept = keeps?.get(peerId)
    if (kept?.group !== groupOf(zone, ownZone)) return true
    take(peerId, kept)
    return false
  })
  // Those with a zone first: peers without one may stand anywhere.
  rest.sort((a, b) => Number(a.zone === null) - Number(b.zone === null) || (a.peerId < b.peerId ? -1 : 1))
  for (const { peerId, zone } of rest) {
    const group = groupOf(zone, ownZone)
    const region = regionOf(group, { level, ownZone })
    take(peerId, { slot: bestSlot(peerId, { slots, taken, region, level }), group })
  }
  const points = new Map([...places].map(([peerId, { slot }]) => [peerId, slots[slot]!]))
  return { level, ownZone, places, points }
}

/** Most peers that are shown one by one. */
export const MAX_PLACED = LEVELS.at(-1)!.max

/** Fewer peers than this part of the most of the next roomier level: only then it is worth that all move. */
const ROOMIER_BELOW = 0.75

/** The roomiest for so many peers; the one that there was for a while longer, so that one peer more and less does not move all. */
function levelFor(count: number, before: Level | undefined): Level | undefined {
  const roomier = before && LEVELS[LEVELS.indexOf(before) - 1]
  const isKept = before && count <= before.max && (!roomier || count > ROOMIER_BELOW * roomier.max)
  return isKept ? before : LEVELS.find(({ max }) => count <= max)
}

function groupOf(zone: string | null, ownZone: string | null): Group {
  if (zone === null) return 'none'
  return zone === ownZone ? 'own' : `zone ${zone}`
}

interface Region {
  /** First ring, and the one behind the last. */
  readonly from: number
  readonly to: number
  readonly arc: { readonly start: number; readonly width: number }
}

/** Rings of the own zone: nearly all while it is the only one. */
export function ownRingsOf(level: Level, ownZone: string | null): number {
  if (ownZone === null) return 0
  return ownZone === '' ? level.rings.length - 1 : level.ownRings
}

function regionOf(group: Group, { level, ownZone }: Pick<Layout, 'level' | 'ownZone'>): Region {
  const rings = level.rings.length
  const all = { start: 0, width: 1 }
  const own = ownRingsOf(level, ownZone)
  switch (group) {
    case 'own':
      return { from: 0, to: own, arc: all }
    case 'none':
      return { from: ownZone === null ? 0 : rings - 1, to: rings, arc: all }
    default:
      return { from: own, to: rings, arc: arcOf(group.slice('zone '.length)) }
  }
}

function bestSlot(
  peerId: string,
  {
    slots,
    taken,
    region,
    level,
  }: { slots: readonly Slot[]; taken: ReadonlySet<number>; region: Region; level: Level },
): number {
  const [across, outwards] = hashPoint(peerId)
  const { from, to, arc } = region
  const inner = level.rings[from]!
  const outer = level.rings[to - 1]!
  // Evenly over the area: the square root.
  const radius = Math.sqrt(inner ** 2 + outwards * (outer ** 2 - inner ** 2))
  const ideal = pointAt(arc.start + across * arc.width, radius)
  let best = -1
  let least = Infinity
  slots.forEach((slot, index) => {
    if (taken.has(index)) return
    const isInside =
      slot.ring >= from && slot.ring < to && slot.turn >= arc.start && slot.turn < arc.start + arc.width
    const cost = Math.hypot(slot.x - ideal.x, slot.y - ideal.y) + (isInside ? 0 : OUTSIDE)
    if (cost < least) {
      least = cost
      best = index
    }
  })
  return best
}
