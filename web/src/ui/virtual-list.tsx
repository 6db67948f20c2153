import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react'

interface Props<T> {
  items: readonly T[]
  keyOf: (item: T) => string
  children: (item: T) => ReactNode
  /** Height of a row before it is measured, px. */
  rowPx: number
  /** How many there are in all, when more than `items` can be had. */
  total?: number
  /** The last of the items come into sight. */
  onNearEnd?: () => void
  label: string
}

/** Rows from the end at which more are asked for. */
const NEAR_END = 40

/** A list that scrolls with the page, of which only what is seen is in it: thousands scroll as tens do. */
export function VirtualList<T>({ items, keyOf, children, rowPx, total, onNearEnd, label }: Props<T>) {
  const list = useRef<HTMLUListElement>(null)
  const [top, setTop] = useState(0)
  useLayoutEffect(() => setTop(list.current?.offsetTop ?? 0), [])
  useEffect(() => {
    const watch = new ResizeObserver(() => setTop(list.current?.offsetTop ?? 0))
    watch.observe(document.body)
    return () => watch.disconnect()
  }, [])
  const rows = useWindowVirtualizer({
    count: items.length,
    estimateSize: () => rowPx,
    getItemKey: (index) => keyOf(items[index]!),
    overscan: 8,
    scrollMargin: top,
  })
  const shown = rows.getVirtualItems()
  const isNearEnd = (shown.at(-1)?.index ?? -1) >= items.length - NEAR_END
  useEffect(() => {
    if (isNearEnd) onNearEnd?.()
  }, [isNearEnd, onNearEnd])
  return (
    <ul ref={list} className="virtual plain" style={{ height: rows.getTotalSize() }} aria-label={label}>
      {shown.map(({ index, key, start }) => (
        <li
          key={key}
          ref={rows.measureElement}
          data-index={index}
          className="virtual-place"
          aria-setsize={Math.max(total ?? 0, items.length)}
          aria-posinset={index + 1}
          style={{ transform: `translateY(${start - top}px)` }}
        >
          {children(items[index]!)}
        </li>
      ))}
    </ul>
  )
}
