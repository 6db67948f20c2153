import type { Peer } from '../../api/types.ts'
import { formatAgo, formatDuration } from '../../format.ts'
import { Copy } from '../../ui/copy.tsx'
import { Name } from '../../ui/text.tsx'
import { ROAD_WORDS, STATE_WORDS, UNNAMED, zoneText } from './words.ts'

/** All that is known of one peer. */
export function PeerDetails({ peer }: { peer: Peer }) {
  const { peerId, name, addr, addresses, road, zone, state, neighbour, latencyMs, lastSeenMs, via } = peer
  return (
    <section className="peer-details" aria-label="The peer that is picked">
      <h2>
        <Name text={name || UNNAMED} />
      </h2>
      <dl className="facts small">
        <dt>PeerId</dt>
        <dd>
          <code>{peerId}</code>
        </dd>
        <dt>State</dt>
        <dd>
          {STATE_WORDS[state].word}
          {neighbour && ', neighbour: a stream to it is open'}
          <div className="soft">{STATE_WORDS[state].meaning}</div>
        </dd>
        <dt>Road</dt>
        <dd>
          {ROAD_WORDS[road].word}
          <div className="soft">{ROAD_WORDS[road].meaning}</div>
        </dd>
        <dt>Address</dt>
        <dd>
          <Name text={addr || 'none was used yet'} />
          {addresses
            .filter((other) => other !== addr)
            .slice(0, MAX_ADDRESSES)
            .map((other) => (
              <div key={other} className="soft">
                <Name text={other} />
              </div>
            ))}
        </dd>
        <dt>Zone</dt>
        <dd>{zoneText(zone)}</dd>
        <dt>Latency</dt>
        <dd>{latencyMs === null ? 'not measured' : formatDuration(latencyMs)}</dd>
        <dt>Last seen</dt>
        <dd>{formatAgo(lastSeenMs)}</dd>
        <dt>Known by</dt>
        <dd>
          <Name text={via} />
        </dd>
      </dl>
      <Copy text={peerId} label="Copy PeerId" />
    </section>
  )
}

const MAX_ADDRESSES = 8
