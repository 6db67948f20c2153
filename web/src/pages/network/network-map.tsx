import { type KeyboardEvent, useMemo, useRef, useState } from 'react'
import type { Peer } from '../../api/types.ts'
import { countOf } from '../../format.ts'
import { type Layout, layoutOf } from './layout.ts'
import { MapPeer } from './map-peer.tsx'
import { MapWay } from './map-way.tsx'
import { MapZones } from './map-zones.tsx'
import type { SearchWay } from './search-way.ts'
import { CENTRE, MAP_SIZE } from './slots.ts'

interface Props {
  /** Not more than there is room for. */
  peers: readonly Peer[]
  ownZone: string | null
  way: SearchWay | undefined
  picked: string | undefined
  onShow: (peerId: string | undefined) => void
  onPick: (peerId: string) => void
}

const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }

/** This node in the middle, and the peers around it. Tab goes to one of them, the arrow keys to the others. */
export function NetworkMap({ peers, ownZone, way, picked, onShow, onPick }: Props) {
  const before = useRef<Layout>(undefined)
  const layout = useMemo(() => {
    before.current = layoutOf(peers, ownZone, before.current)
    return before.current
  }, [peers, ownZone])
  const [stop, setStop] = useState<string>()
  const picture = useRef<SVGSVGElement>(null)
  const { points, level } = layout
  const zones = [...new Set(peers.flatMap(({ zone }) => (zone === null || zone === ownZone ? [] : [zone])))]
  const first = peers.some(({ peerId }) => peerId === stop) ? stop : peers[0]?.peerId

  function move(event: KeyboardEvent): void {
    const step = STEPS[event.key]
    const at = peers.findIndex(({ peerId }) => peerId === first)
    if (step === undefined || at < 0) return
    event.preventDefault()
    const next = peers[(at + step + peers.length) % peers.length]!.peerId
    setStop(next)
    picture.current?.querySelector<SVGElement>(`[data-peer="${CSS.escape(next)}"]`)?.focus()
  }

  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be a picture
    <svg
      ref={picture}
      className={`map ${level.name}`}
      viewBox={`0 0 ${MAP_SIZE} ${MAP_SIZE}`}
      role="group"
      aria-label={`Map of the network: this node in the middle, ${countOf(peers.length, 'peer')} around it. The arrow keys go from one to the next; the table below tells the same.`}
      onKeyDown={move}
    >
      <MapZones layout={layout} zones={zones} />
      <g>
        {peers
          .filter(({ neighbour }) => neighbour)
          .map(({ peerId, road }) => {
            const { x, y } = points.get(peerId)!
            return (
              <line key={peerId} className={`map-link ${road}`} x1={CENTRE.x} y1={CENTRE.y} x2={x} y2={y} />
            )
          })}
      </g>
      {way && <MapWay way={way} pointOf={(peerId) => points.get(peerId)} />}
      {peers.map((peer) => (
        <MapPeer
          key={peer.peerId}
          peer={peer}
          point={points.get(peer.peerId)!}
          radius={level.peerRadius}
          marked={peer.peerId === picked}
          isStop={peer.peerId === first}
          onShow={onShow}
          onPick={onPick}
        />
      ))}
      <g transform={`translate(${CENTRE.x} ${CENTRE.y})`}>
        <circle className="map-self" r="24" />
        <text className="map-self-name" y="4">
          here
        </text>
      </g>
    </svg>
  )
}
