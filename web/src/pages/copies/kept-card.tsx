import { Link } from 'wouter'
import type { Kept } from '../../api/types.ts'
import { countOf, formatBytes } from '../../format.ts'
import { useAsk } from '../../state/use.ts'
import { Fault } from '../../ui/notice.tsx'
import { Progress } from '../../ui/progress.tsx'
import { KeptRow } from './kept-row.tsx'
import { PinForm } from './pin-form.tsx'
import { keepsForText } from './words.ts'

/** Most copies that are shown. */
const MAX_ROWS = 200

/** What this node keeps for others, and how much it may. */
export function KeptCard() {
  const { data, error, refresh } = useAsk<Kept>('/api/v1/kept', {
    everyMs: 15_000,
    on: ['replica', 'config'],
  })
  if (!data) return <Fault error={error} />
  const { keepsFor, replicas } = data
  const left = replicas.length - MAX_ROWS
  return (
    <section className="card" aria-labelledby="kept-title">
      <h2 id="kept-title">What you keep for others</h2>
      <Fault error={error} />
      <p className="soft">
        {keepsForText(keepsFor)} <Link href="/settings">Settings</Link>
      </p>
      {(keepsFor !== 'nobody' || data.files > 0) && <Quota kept={data} />}
      <PinForm onPinned={refresh} />
      <ul className="plain">
        {replicas.slice(0, MAX_ROWS).map((replica) => (
          <KeptRow key={`${replica.cid} ${replica.owner ?? ''}`} replica={replica} onChanged={refresh} />
        ))}
      </ul>
      {left > 0 && (
        <p className="soft small">and {countOf(left, 'other')}. “shoal replicas --kept” lists them all.</p>
      )}
    </section>
  )
}

function Quota({ kept: { files, maxFiles, sizeBytes, maxBytes } }: { kept: Kept }) {
  return (
    <div className="kept-quota small">
      <Progress done={sizeBytes} total={maxBytes} label="Space taken by copies for others" />
      <span>
        {formatBytes(sizeBytes)} of {formatBytes(maxBytes)}, {files.toLocaleString()} of{' '}
        {countOf(maxFiles, 'copy', 'copies')}
      </span>
    </div>
  )
}
