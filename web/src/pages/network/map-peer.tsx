import { printable } from '../../../../src/base/printable.ts'
import type { Peer } from '../../api/types.ts'
import type { Point } from './slots.ts'
import { ROAD_WORDS, STATE_WORDS, UNNAMED } from './words.ts'

interface Props {
  peer: Peer
  point: Point
  radius: number
  marked: boolean
  /** The one that the Tab key reaches. */
  isStop: boolean
  onShow: (peerId: string | undefined) => void
  onPick: (peerId: string) => void
}

/** Letters of a name that stand on the map; all of it is in the details. */
const NAME_LENGTH = 10

/** One peer: its state by shape and shade, its road by how it is outlined. */
export function MapPeer({ peer, point, radius, marked, isStop, onShow, onPick }: Props) {
  const { peerId, state, road, neighbour } = peer
  const isWatched = state === 'alive' || state === 'suspect'
  const name = printable(peer.name) || UNNAMED
  const letters = [...name]
  const short = letters.length > NAME_LENGTH ? `${letters.slice(0, NAME_LENGTH - 1).join('')}…` : name
  return (
    // biome-ignore lint/a11y/useSemanticElements: a button cannot stand in a picture
    <g
      className={`map-peer ${state}${isWatched ? ` ${road}` : ''}${marked ? ' marked' : ''}`}
      transform={`translate(${point.x} ${point.y})`}
      role="button"
      tabIndex={isStop ? 0 : -1}
      data-peer={peerId}
      aria-pressed={marked}
      aria-label={`${name}, ${STATE_WORDS[state].word}, ${ROAD_WORDS[road].word}${neighbour ? ', neighbour' : ''}`}
      onClick={() => onPick(peerId)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return
        event.preventDefault()
        onPick(peerId)
      }}
      onFocus={() => onShow(peerId)}
      onBlur={() => onShow(undefined)}
      onPointerEnter={() => onShow(peerId)}
      onPointerLeave={() => onShow(undefined)}
    >
      <circle className="map-touch" r={radius + 8} />
      {marked && <circle className="map-mark" r={radius + 5} />}
      <Shape state={state} radius={radius} />
      <text className="map-name" y={radius + 13}>
        {short}
      </text>
    </g>
  )
}

/** Alive: a disc. Suspect: a diamond. Gone or left: a cross in a ring. Known: a small ring. */
export function Shape({ state, radius }: { state: Peer['state']; radius: number }) {
  switch (state) {
    case 'alive':
      return <circle className="map-shape" r={radius} />
    case 'suspect':
      return <path className="map-shape" d={`M0 ${-radius}L${radius} 0L0 ${radius}L${-radius} 0Z`} />
    case 'dead':
    case 'left': {
      const arm = radius * 0.5
      return (
        <>
          <circle className="map-shape" r={radius * 0.85} />
          <path className="map-cross" d={`M${-arm} ${-arm}L${arm} ${arm}M${arm} ${-arm}L${-arm} ${arm}`} />
        </>
      )
    }
    case 'known':
      return <circle className="map-shape" r={radius * 0.7} />
  }
}
