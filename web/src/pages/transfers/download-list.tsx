import { useMemo, useRef, useState } from 'react'
import { Link } from 'wouter'
import type { Download } from '../../api/types.ts'
import { Empty } from '../../ui/notice.tsx'
import { VirtualList } from '../../ui/virtual-list.tsx'
import { DownloadRow } from './download-row.tsx'
import { currentDownloads } from './lists.ts'
import { isEnded } from './words.ts'

/** Height of a row before it is measured, px. */
const ROW_PX = 112

const keyOf = ({ id }: Download) => id

/** Downloads that run, wait, or want attention. One that ends while it is looked at stays until the page is left. */
export function DownloadList({ all }: { all: ReadonlyMap<string, Download> }) {
  const seen = useRef(new Set<string>())
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set())
  const shown = useMemo(() => {
    for (const view of all.values()) if (!isEnded(view)) seen.current.add(view.id)
    return currentDownloads(all.values(), seen.current)
  }, [all])
  if (shown.length === 0)
    return (
      <Empty title="Nothing is being fetched.">
        <p>
          <Link href="/">Search</Link> for something, or <Link href="/open">open a link</Link>. What was
          fetched before is in the <Link href="/transfers?show=history">history</Link>.
        </p>
      </Empty>
    )
  return (
    <VirtualList items={shown} keyOf={keyOf} rowPx={ROW_PX} label="Downloads">
      {(view) => (
        <DownloadRow
          view={view}
          open={open.has(view.id)}
          onOpen={(wanted) => {
            // Rows are not rendered anew for each other: what is open is looked up when it changes.
            setOpen((before) => {
              const next = new Set(before)
              if (wanted) next.add(view.id)
              else next.delete(view.id)
              return next
            })
          }}
        />
      )}
    </VirtualList>
  )
}
