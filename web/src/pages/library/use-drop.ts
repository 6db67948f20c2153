import { useEffect, useState } from 'react'
import { type Dropped, droppedOf } from './dropped.ts'

/**
 * Files that are dropped anywhere in the page: beside a small target the browser would leave the page and show the file.
 *
 * @returns whether something is held over the page
 */
export function useDrop(onDrop: (dropped: Dropped<File>) => void): boolean {
  const [over, setOver] = useState(false)
  useEffect(() => {
    const life = new AbortController()
    const { signal } = life
    const listen = (name: 'dragover' | 'dragleave' | 'drop', act: (event: DragEvent) => void) =>
      addEventListener(
        name,
        (event) => {
          if (!event.dataTransfer?.types.includes('Files')) return
          event.preventDefault()
          act(event)
        },
        { signal },
      )
    listen('dragover', () => setOver(true))
    // Into a part of the page is not out of it.
    listen('dragleave', ({ relatedTarget }) => relatedTarget === null && setOver(false))
    listen('drop', ({ dataTransfer }) => {
      setOver(false)
      if (dataTransfer) onDrop(droppedOf(dataTransfer.items))
    })
    return () => life.abort()
  }, [onDrop])
  return over
}
