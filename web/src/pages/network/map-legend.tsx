import type { Peer } from '../../api/types.ts'
import { Shape } from './map-peer.tsx'
import { ROAD_WORDS, STATE_WORDS } from './words.ts'

const STATES: readonly Peer['state'][] = ['alive', 'suspect', 'dead', 'known']
const ROADS: readonly Peer['road'][] = ['direct', 'tunnel', 'relayed']

/** What the shapes and lines of the map mean. */
export function MapLegend() {
  return (
    <ul className="plain map-legend small soft">
      {STATES.map((state) => (
        <li key={state} title={STATE_WORDS[state].meaning}>
          <svg viewBox="-10 -10 20 20" width="18" height="18" aria-hidden="true">
            <g className={`map-peer ${state} direct`}>
              <Shape state={state} radius={8} />
            </g>
          </svg>
          {state === 'dead' ? 'gone or left' : STATE_WORDS[state].word}
        </li>
      ))}
      {ROADS.map((road) => (
        <li key={road} title={ROAD_WORDS[road].meaning}>
          <svg viewBox="0 0 30 10" width="30" height="10" aria-hidden="true">
            <line className={`map-link ${road}`} x1="0" y1="5" x2="30" y2="5" />
          </svg>
          neighbour, {ROAD_WORDS[road].word}
        </li>
      ))}
    </ul>
  )
}
