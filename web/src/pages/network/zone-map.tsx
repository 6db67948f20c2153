import { countOf } from '../../format.ts'
import { type Bubble, bubblesOf } from './bubbles.ts'
import type { Placeable } from './layout.ts'
import { CENTRE, MAP_SIZE } from './slots.ts'
import { zoneText } from './words.ts'

interface Props {
  peers: readonly Placeable[]
  ownZone: string | null
  picked: string | null | undefined
  onPick: (zone: string | null) => void
}

/** Smaller bubbles have no room for a number, and still smaller ones for their bits. */
const MIN_COUNTED_RADIUS = 12
const MIN_NAMED_RADIUS = 24

/** A network of many peers: each zone is one bubble. */
export function ZoneMap({ peers, ownZone, picked, onPick }: Props) {
  const bubbles = bubblesOf(peers, ownZone)
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be a picture
    <svg
      className="map"
      viewBox={`0 0 ${MAP_SIZE} ${MAP_SIZE}`}
      role="group"
      aria-label={`Map of the network: ${countOf(bubbles.length, 'zone')}. Pick one to see its peers in the table below.`}
    >
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
    </g>
  )
}
