import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { Peer } from '../../api/types.ts'
import { countOf } from '../../format.ts'
import { Icon } from '../../ui/icon.tsx'
import { ScrollX } from '../../ui/scroll-x.tsx'
import { PeerFilter } from './peer-filter.tsx'
import { PeerRow } from './peer-row.tsx'
import { COLUMNS, orderAfter, type PeerFilters, type PeerOrder, shownPeers } from './peer-rows.ts'

/** Height of a row, px: names are cut, not wrapped. */
const ROW_PX = 37

interface Props {
  peers: readonly Peer[]
  filters: PeerFilters
  picked: string | undefined
  onFilters: (filters: PeerFilters) => void
  onPick: (peerId: string) => void
}

/** All known peers, of which only those that are seen are in the page. */
export function PeerTable({ peers, filters, picked, onFilters, onPick }: Props) {
  const [order, setOrder] = useState<PeerOrder>({ by: 'lastSeenMs', descending: true })
  const shown = useMemo(() => shownPeers(peers, filters, order), [peers, filters, order])
  const body = useRef<HTMLTableSectionElement>(null)
  const [top, setTop] = useState(0)
  useEffect(() => {
    const measure = () => setTop((body.current?.getBoundingClientRect().top ?? 0) + scrollY)
    const watch = new ResizeObserver(measure)
    watch.observe(document.body)
    return () => watch.disconnect()
  }, [])
  const rows = useWindowVirtualizer({
    count: shown.length,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => shown[index]!.peerId,
    overscan: 10,
    scrollMargin: top,
  })
  const items = rows.getVirtualItems()
  const above = (items[0]?.start ?? top) - top
  const below = rows.getTotalSize() - above - ROW_PX * items.length
  return (
    <section className="card">
      <h2>Peers</h2>
      <PeerFilter filters={filters} onFilters={onFilters} />
      <p className="soft small">
        {shown.length === peers.length
          ? countOf(peers.length, 'peer')
          : `${shown.length.toLocaleString()} of ${countOf(peers.length, 'peer')}`}
      </p>
      <ScrollX label="Peers">
        <table className="peers" aria-rowcount={shown.length + 1}>
          <thead>
            <tr aria-rowindex={1}>
              {COLUMNS.map(({ key, label }) => (
                <th
                  key={key}
                  scope="col"
                  aria-sort={order.by !== key ? 'none' : order.descending ? 'descending' : 'ascending'}
                >
                  <button type="button" className="sort" onClick={() => setOrder(orderAfter(order, key))}>
                    {label}
                    {order.by === key && <Icon name={order.descending ? 'down' : 'up'} size={14} />}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody ref={body}>
            {above > 0 && <Space px={above} />}
            {items.map(({ index }) => (
              <PeerRow
                key={shown[index]!.peerId}
                peer={shown[index]!}
                rowIndex={index + 2}
                picked={shown[index]!.peerId === picked}
                onPick={onPick}
              />
            ))}
            {below > 0 && <Space px={below} />}
          </tbody>
        </table>
      </ScrollX>
    </section>
  )
}

/** Instead of rows that are not seen. */
function Space({ px }: { px: number }) {
  return (
    <tr>
      <td className="peer-space" colSpan={COLUMNS.length} style={{ height: px }} />
    </tr>
  )
}
