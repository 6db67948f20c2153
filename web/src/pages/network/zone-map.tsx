import { countOf } from '../../format.ts'
import { type Bubble, bubblesOf, RING_RADIUS } from './bubbles.ts'
import type { Placeable } from './layout.ts'
import { MapWay } from './map-way.tsx'
import type { SearchWay } from './search-way.ts'
import { arcOf, CENTRE, MAP_SIZE, pointAt } from './slots.ts'
import { zoneText } from './words.ts'

interface Props {
  peers: readonly Placeable[]
  ownZone: string | null
  way: SearchWay | undefined
  picked: string | null | undefined
  onPick: (zone: string | null) => void
}

/** Smaller bubbles have no room for a number, and still smaller ones for their bits, which stand outside then, if there is room at all. */
const MIN_COUNTED_RADIUS = 12
const MIN_NAMED_RADIUS = 32
const MAX_OUTSIDE_BITS = 5

/** A network of many peers: each zone is one bubble. */
export function ZoneMap({ peers, ownZone, way, picked, onPick }: Props) {
  const bubbles = bubblesOf(peers, ownZone)
  const byZone = new Map(bubbles.map((bubble) => [bubble.zone, bubble]))
  const zoneOf = new Map(peers.map(({ peerId, zone }) => [peerId, zone]))
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be a picture
    <svg
      className="map"
      viewBox={`0 0 ${MAP_SIZE} ${MAP_SIZE}`}
      role="group"
      aria-label={`Map of the network: ${countOf(bubbles.length, 'zone')}. Pick one to see its peers in the table below.`}
    >
      {way && <MapWay way={way} pointOf={(peerId) => byZone.get(zoneOf.get(peerId) ?? null)} />}
      {bubbles.map((bubble) => (
        <ZoneBubble
          key={bubble.zone ?? 'none'}
          bubble={bubble}
          marked={picked !== undefined && picked === bubble.zone}
          onPick={() => onPick(bubble.zone)}
        />
      ))}
      {!bubbles.some(({ isOwn }) => isOwn) && (
        <circle className="map-self" cx={CENTRE.x} cy={CENTRE.y} r="24" />
      )}
    </svg>
  )
}

function ZoneBubble({ bubble, marked, onPick }: { bubble: Bubble; marked: boolean; onPick: () => void }) {
  const { zone, isOwn, count, radius, x, y } = bubble
  const name = zone === null ? 'no zone' : isOwn && zone !== '' ? `own zone ${zone}` : zoneText(zone)
  const isOutside = zone !== null && radius < MIN_NAMED_RADIUS && zone.length <= MAX_OUTSIDE_BITS
  const outside = isOutside ? pointAt(middleOf(zone), RING_RADIUS + radius + 16) : undefined
  return (
    // biome-ignore lint/a11y/useSemanticElements: a button cannot stand in a picture
    <g
      className={`map-bubble${isOwn ? ' own' : ''}${marked ? ' marked' : ''}`}
      transform={`translate(${x} ${y})`}
      role="button"
      tabIndex={0}
      aria-pressed={marked}
      aria-label={`${zone === null || isOwn ? name : `zone ${name}`}: ${countOf(count, 'peer')}`}
      onClick={onPick}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return
        event.preventDefault()
        onPick()
      }}
    >
      <title>{`${name}: ${countOf(count, 'peer')}`}</title>
      <circle r={radius} />
      {radius >= MIN_COUNTED_RADIUS && <text y={radius >= MIN_NAMED_RADIUS ? 0 : 4}>{count}</text>}
      {radius >= MIN_NAMED_RADIUS && (
        <text className="map-bubble-name" y="16">
          {name}
        </text>
      )}
      {outside && (
        <text className="map-bubble-name" x={outside.x - x} y={outside.y - y + 4}>
          {name}
        </text>
      )}
    </g>
  )
}

/** The middle of the part of the circle that a zone has. */
function middleOf(zone: string): number {
  const { start, width } = arcOf(zone)
  return start + width / 2
}
