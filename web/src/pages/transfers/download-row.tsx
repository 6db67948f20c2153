import { memo } from 'react'
import { printable } from '../../../../src/base/printable.ts'
import type { Download } from '../../api/types.ts'
import { countOf, formatBytes, formatEta, formatPercent, formatRate } from '../../format.ts'
import { KIND_ICONS, kindOf } from '../../kinds.ts'
import { Icon } from '../../ui/icon.tsx'
import { Badge } from '../../ui/notice.tsx'
import { Progress } from '../../ui/progress.tsx'
import { Name } from '../../ui/text.tsx'
import { DownloadActions } from './download-actions.tsx'
import { DownloadDetails } from './download-details.tsx'
import { DownloadFailure } from './download-failure.tsx'
import { isActive, STATE_LABELS, STATE_TONES, waitingText } from './words.ts'

interface Props {
  view: Download
  open: boolean
  onOpen: (open: boolean) => void
}

/** One download: what it is, how far, and what can be done about it. */
export const DownloadRow = memo(
  function DownloadRow({ view, open, onOpen }: Props) {
    const { name, state, doneBytes, sizeBytes, files, error } = view
    const waits = waitingText(view)
    const panel = `download-${view.id}`
    return (
      <article className="transfer" aria-label={printable(name)}>
        <div className="transfer-head">
          <Icon name={KIND_ICONS[kindOf(view)]} size={24} />
          <button
            type="button"
            className="transfer-name"
            aria-expanded={open}
            aria-controls={panel}
            onClick={() => onOpen(!open)}
          >
            <Name text={name} className="cut" />
            <Icon name={open ? 'up' : 'down'} size={16} />
          </button>
          <DownloadActions view={view} />
        </div>
        <Progress
          label={`${STATE_LABELS[state]} ${formatPercent(doneBytes, sizeBytes)}`}
          done={doneBytes}
          total={state === 'queued' || state === 'paused' ? sizeBytes || 1 : sizeBytes}
          tone={state === 'failed' ? 'bad' : state === 'done' ? 'good' : ''}
        />
        <p className="transfer-facts small">
          <Badge tone={STATE_TONES[state]}>{STATE_LABELS[state]}</Badge>
          <span className="nowrap">
            {sizeBytes > 0 ? `${formatBytes(doneBytes)} of ${formatBytes(sizeBytes)}` : 'size not known yet'}
          </span>
          {sizeBytes > 0 && <span className="nowrap">{formatPercent(doneBytes, sizeBytes)}</span>}
          {files && (
            <span className="nowrap">
              {files.done.toLocaleString()} of {countOf(files.total, 'file')}
            </span>
          )}
          {isActive(view) && <Speed view={view} />}
        </p>
        {waits && <p className="transfer-note small soft">{waits}</p>}
        {error && <DownloadFailure view={view} error={error} />}
        {open && (
          <div id={panel} className="transfer-more">
            <DownloadDetails view={view} />
          </div>
        )}
      </article>
    )
  },
  (before, now) => before.view === now.view && before.open === now.open,
)

function Speed({ view }: { view: Download }) {
  const { rateBytesPerSecond, etaMs, activeSources } = view
  const giving = activeSources.filter(({ state }) => state === 'active').length
  return (
    <>
      <span className="nowrap">{formatRate(rateBytesPerSecond)}</span>
      {giving > 0 && <span className="nowrap">from {countOf(giving, 'source')}</span>}
      <span className="nowrap">{formatEta(etaMs)}</span>
    </>
  )
}
