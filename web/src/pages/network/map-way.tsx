import type { SearchWay } from './search-way.ts'
import { CENTRE, type Point } from './slots.ts'

/** How far lines of different locators between the same two peers lie apart, units of the map. */
const APART = 9
const VIAS = ['zone', 'flood', 'index', 'dht']

/** The way of a search: lines in the colour of the locator, one beside the other where several went the same way. */
export function MapWay({ way, pointOf }: { way: SearchWay; pointOf: (peerId: string) => Point | undefined }) {
  return (
    <g className="map-way">
      {way.lines.map(({ via, from, to, links }) => {
        const a = from === undefined ? CENTRE : pointOf(from)
        const b = pointOf(to)
        if (!a || !b || (a.x === b.x && a.y === b.y)) return null
        return (
          <path
            key={`${via} ${from ?? ''} ${to}`}
            className={`map-line ${VIAS.includes(via) ? via : 'library'}${links === 1 ? '' : ' far'}`}
            d={bow(a, b, APART * (VIAS.indexOf(via) - 1.5))}
          />
        )
      })}
    </g>
  )
}

/** A line that bends to one side by `by`. */
function bow(a: Point, b: Point, by: number): string {
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1
  const x = (a.x + b.x) / 2 - ((b.y - a.y) / length) * by * 2
  const y = (a.y + b.y) / 2 + ((b.x - a.x) / length) * by * 2
  return `M${a.x} ${a.y}Q${x} ${y} ${b.x} ${b.y}`
}
