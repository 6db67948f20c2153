import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { SearchHit } from '../../api/types.ts'
import { downloads } from '../../state/downloads.ts'
import { useStore } from '../../state/use.ts'
import { HitRow } from './hit-row.tsx'

/** Height of a row before it is measured, px. */
const ROW_PX = 76

/** All results as one list, of which only what is seen is in the page: thousands scroll as tens do. */
export function HitList({ hits }: { hits: readonly SearchHit[] }) {
  const list = useRef<HTMLUListElement>(null)
  const [top, setTop] = useState(0)
  const all = useStore(downloads)
  useLayoutEffect(() => setTop(list.current?.offsetTop ?? 0), [])
  useEffect(() => {
    const watch = new ResizeObserver(() => setTop(list.current?.offsetTop ?? 0))
    watch.observe(document.body)
    return () => watch.disconnect()
  }, [])
  const rows = useWindowVirtualizer({
    count: hits.length,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => hits[index]!.cid,
    overscan: 8,
    scrollMargin: top,
  })
  return (
    <ul ref={list} className="hits plain" style={{ height: rows.getTotalSize() }}>
      {rows.getVirtualItems().map(({ index, key, start }) => (
        <li
          key={key}
          ref={rows.measureElement}
          data-index={index}
          className="hit-place"
          aria-setsize={hits.length}
          aria-posinset={index + 1}
          style={{ transform: `translateY(${start - top}px)` }}
        >
          <HitRow hit={hits[index]!} downloads={all} />
        </li>
      ))}
    </ul>
  )
}
