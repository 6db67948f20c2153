import { useMemo, useRef, useState } from 'react'
import type { Peer, Status } from '../../api/types.ts'
import { countOf } from '../../format.ts'
import { useAsk } from '../../state/use.ts'
import { Empty, Fault } from '../../ui/notice.tsx'
import { MAX_PLACED } from './layout.ts'
import { MapLegend } from './map-legend.tsx'
import { NetworkMap } from './network-map.tsx'
import { PeerDetails } from './peer-details.tsx'
import { mappedPeers, NO_PEER_FILTERS, type PeerFilters } from './peer-rows.ts'
import { PeerTable } from './peer-table.tsx'
import { ReachCard } from './reach-card.tsx'
import { useWay } from './use-way.ts'
import { WayPanel } from './way-panel.tsx'
import { withResponders } from './with-responders.ts'
import { ZoneMap } from './zone-map.tsx'
import './network.css'

/** Who is there, how they hang together, and which way a search went. */
export default function NetworkPage() {
  const { data, error } = useAsk<{ peers: Peer[] }>('/api/v1/peers', { everyMs: 3000, on: ['peer'] })
  const { data: status } = useAsk<Status>('/api/v1/status', { everyMs: 5000, on: ['peer', 'config'] })
  const way = useWay(status?.peerId)
  const [picked, setPicked] = useState<string>()
  const [looked, setLooked] = useState<{ at?: string | undefined; last?: string }>({})
  const [filters, setFilters] = useState<PeerFilters>(NO_PEER_FILTERS)
  const table = useRef<HTMLDivElement>(null)
  const ownZone = status?.network?.zone ?? null
  const peers = data?.peers
  const all = useMemo(() => withResponders(peers ?? [], way), [peers, way])
  const mapped = useMemo(() => mappedPeers(all, MAX_PLACED), [all])
  const leftOut = Math.max(0, (peers?.length ?? 0) - mapped.length)
  const nameOf = (peerId: string) =>
    peers?.find((peer) => peer.peerId === peerId)?.name || way?.peers.get(peerId) || peerId.slice(-6)
  // What was looked at last stays, so that the page does not jump.
  const shown = looked.at ?? picked ?? looked.last
  const detailed = all.find(({ peerId }) => peerId === shown)

  function pickZone(zone: string | null): void {
    setFilters({ ...NO_PEER_FILTERS, zone: filters.zone === zone ? undefined : zone })
    table.current?.scrollIntoView({ block: 'nearest' })
  }

  return (
    <>
      <h1>Network</h1>
      <Fault error={error} />
      {peers && status && (
        <>
          <div className="network">
            <section className="card network-map" aria-label="Map">
              {mapped.length === 0 ? (
                <Empty title="No peers yet">
                  <p>
                    Peers on the local network are found by themselves. Others come with their address: start
                    with <code>--peer HOST:PORT</code>, or set <code>peers</code> in the settings.
                  </p>
                </Empty>
              ) : mapped.length <= MAX_PLACED ? (
                <NetworkMap
                  {...{ peers: mapped, ownZone, way, picked }}
                  onShow={(at) =>
                    setLooked(({ last }) => ({ at, ...((at ?? last) && { last: at ?? last }) }))
                  }
                  onPick={(peerId) => setPicked(picked === peerId ? undefined : peerId)}
                />
              ) : (
                <ZoneMap {...{ peers: mapped, ownZone, way }} picked={filters.zone} onPick={pickZone} />
              )}
              {mapped.length <= MAX_PLACED ? (
                <MapLegend />
              ) : (
                <p className="soft small">
                  Each circle is a zone: the larger, the more peers. Pick one to see them in the table.
                </p>
              )}
              {leftOut > 0 && (
                <p className="soft small">
                  {countOf(leftOut, 'peer')} not watched or gone: in the table only.
                </p>
              )}
            </section>
            <div className="network-side">
              {detailed ? (
                <div className="card">
                  <PeerDetails peer={detailed} />
                </div>
              ) : (
                <p className="soft small">
                  Pick a peer on the map or in the table to see all that is known of it.
                </p>
              )}
              <WayPanel way={way} nameOf={nameOf} />
            </div>
          </div>
          <ReachCard status={status} />
          <div ref={table}>
            <PeerTable {...{ peers, filters, picked }} onFilters={setFilters} onPick={setPicked} />
          </div>
        </>
      )}
    </>
  )
}
