import { useEffect, useState } from 'react'
import type { Status } from '../../api/types.ts'
import { etaMsOf, type Sample, withSample } from '../../eta.ts'
import { countOf, formatBytes, formatEta } from '../../format.ts'
import { Progress } from '../../ui/progress.tsx'

/** How far the node is with reading what was added. */
export function Hashing({ hashing }: { hashing: NonNullable<Status['library']['hashing']> }) {
  const [samples, setSamples] = useState<readonly Sample[]>([])
  useEffect(() => {
    const { bytesDone, bytesTotal } = hashing
    setSamples((before) =>
      withSample(before, { atMs: performance.now(), done: bytesDone, total: bytesTotal }),
    )
  }, [hashing])
  const { files, bytesDone, bytesTotal } = hashing
  return (
    <section className="card" aria-label="Hashing">
      <Progress label="Hashed" done={bytesDone} total={bytesTotal} />
      <p className="small hashing-facts">
        Reading {countOf(files, 'file')} to know {files === 1 ? 'it' : 'them'} by content:{' '}
        {formatBytes(bytesDone)} of {formatBytes(bytesTotal)}{' '}
        <span className="soft">{formatEta(etaMsOf(samples))}</span>
      </p>
    </section>
  )
}
