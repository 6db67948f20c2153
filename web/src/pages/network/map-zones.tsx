import { type Layout, ownRingsOf } from './layout.ts'
import { arcOf, CENTRE, MAP_SIZE, pointAt } from './slots.ts'

/** Narrower parts of the circle have no room for their bits. */
const MIN_LABELLED_WIDTH = 1 / 20

/** The own zone as a disc, the other ones as the parts of the circle that their bits name. */
export function MapZones({
  layout: { level, ownZone },
  zones,
}: {
  layout: Layout
  zones: readonly string[]
}) {
  const own = ownRingsOf(level, ownZone)
  const inner = own === 0 ? 0 : (level.rings[own - 1]! + (level.rings[own] ?? MAP_SIZE / 2)) / 2
  const outer = MAP_SIZE / 2 - 2
  return (
    <g>
      {ownZone !== null && (
        <>
          <circle className="map-own-zone" cx={CENTRE.x} cy={CENTRE.y} r={inner} />
          <text className="map-zone-name own" x={CENTRE.x} y={CENTRE.y - inner + 18}>
            {ownZone === '' ? 'the only zone' : `own zone ${ownZone}`}
          </text>
        </>
      )}
      {zones.map((zone) => {
        const { start, width } = arcOf(zone)
        const label = pointAt(start + width / 2, inner + 14)
        return (
          <g key={zone}>
            <path className="map-zone" d={wedge({ start, width, inner, outer })} />
            {width >= MIN_LABELLED_WIDTH && (
              <text className="map-zone-name" x={label.x} y={label.y + 4}>
                {zone}
              </text>
            )}
          </g>
        )
      })}
    </g>
  )
}

interface Wedge {
  start: number
  width: number
  inner: number
  outer: number
}

/** A part of a ring, as a path. */
function wedge({ start, width, inner, outer }: Wedge): string {
  const [a, b] = [pointAt(start, outer), pointAt(start + width, outer)]
  const [c, d] = [pointAt(start + width, inner), pointAt(start, inner)]
  const large = width > 0.5 ? 1 : 0
  return `M${a.x} ${a.y}A${outer} ${outer} 0 ${large} 1 ${b.x} ${b.y}L${c.x} ${c.y}A${inner} ${inner} 0 ${large} 0 ${d.x} ${d.y}Z`
}
