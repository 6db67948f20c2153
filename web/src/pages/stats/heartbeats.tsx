import { Link } from 'wouter'
import type { Peer } from '../../api/types.ts'
import { countOf, formatAgo } from '../../format.ts'
import { useAsk } from '../../state/use.ts'
import { Badge, Fault } from '../../ui/notice.tsx'
import { ScrollX } from '../../ui/scroll-x.tsx'
import { Name } from '../../ui/text.tsx'
import { STATE_WORDS } from '../network/words.ts'

/** Those heard of last; the page of the network has all. */
const ROWS = 50

/** Which peers live, and when they were heard of last. */
export function Heartbeats() {
  const { data, error } = useAsk<{ peers: Peer[] }>('/api/v1/peers', { everyMs: 5000, on: ['peer'] })
  const peers = data?.peers ?? []
  const isActive = ({ state }: Peer) => state === 'alive' || state === 'suspect'
  return (
    <section className="card">
      <h2>Heartbeats</h2>
      <Fault error={error} />
      <p className="soft small">
        {countOf(peers.length, 'peer')}, {peers.filter(isActive).length.toLocaleString()} active.{' '}
        <Link href="/network">More of them</Link>
      </p>
      {peers.length > 0 && (
        <ScrollX label="Heartbeats">
          <table className="stats-table">
            <thead>
              <tr>
                <th scope="col">Address</th>
                <th scope="col">Name</th>
                <th scope="col">Active</th>
                <th scope="col">Last heartbeat</th>
                <th scope="col">Last update</th>
              </tr>
            </thead>
            <tbody>
              {peers.slice(0, ROWS).map((peer) => (
                <tr key={peer.peerId}>
                  <td>
                    <Name text={peer.addr || '–'} className="cut stats-cell" />
                  </td>
                  <td>
                    <Name text={peer.name} className="cut stats-cell" />
                  </td>
                  <td className="nowrap" title={STATE_WORDS[peer.state].meaning}>
                    {isActive(peer) ? <Badge tone="good">yes</Badge> : <Badge>no</Badge>}{' '}
                    <span className="soft small">{STATE_WORDS[peer.state].word}</span>
                  </td>
                  <td
                    className="nowrap"
                    title={peer.lastSeenMs ? new Date(peer.lastSeenMs).toLocaleString() : ''}
                  >
                    {formatAgo(peer.lastSeenMs)}
                  </td>
                  <td className="nowrap" title="When it last told of itself: its name, addresses and zone">
                    {peer.updatedMs === null ? '–' : formatAgo(peer.updatedMs)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollX>
      )}
    </section>
  )
}
