import { memo } from 'react'
import type { Peer } from '../../api/types.ts'
import { formatAgo, formatDuration } from '../../format.ts'
import { Badge } from '../../ui/notice.tsx'
import { Id, Name } from '../../ui/text.tsx'
import { ROAD_WORDS, STATE_WORDS, UNNAMED, zoneText } from './words.ts'

interface Props {
  peer: Peer
  rowIndex: number
  picked: boolean
  onPick: (peerId: string) => void
}

const TONES: Readonly<Record<Peer['state'], string>> = {
  alive: 'good',
  suspect: 'warn',
  dead: 'bad',
  left: 'plain',
  known: 'plain',
}

/** One peer of the table; its name shows it on the map. */
export const PeerRow = memo(function PeerRow({ peer, rowIndex, picked, onPick }: Props) {
  const { peerId, name, addr, road, zone, state, neighbour, latencyMs, lastSeenMs } = peer
  return (
    <tr aria-rowindex={rowIndex} className={picked ? 'picked' : undefined}>
      <td>
        <button type="button" className="peer-name" onClick={() => onPick(peerId)}>
          <Name text={name || UNNAMED} className="cut" />
        </button>
      </td>
      <td>
        <Id id={peerId} length={10} />
      </td>
      <td>
        <Name text={addr || '–'} className="cut peer-addr" />
      </td>
      <td title={ROAD_WORDS[road].meaning}>{ROAD_WORDS[road].word}</td>
      <td>{zone === null ? '–' : zoneText(zone)}</td>
      <td title={STATE_WORDS[state].meaning}>
        <Badge tone={TONES[state]}>{STATE_WORDS[state].word}</Badge>
      </td>
      <td>{neighbour ? 'yes' : '–'}</td>
      <td>{latencyMs === null ? '–' : formatDuration(latencyMs)}</td>
      <td>{formatAgo(lastSeenMs)}</td>
    </tr>
  )
})
