import { memo, useState } from 'react'
import { printable } from '../../../../src/base/printable.ts'
import { ask } from '../../api/client.ts'
import type { Download } from '../../api/types.ts'
import { formatAgo, formatBytes } from '../../format.ts'
import { KIND_ICONS, kindOf } from '../../kinds.ts'
import { forgetDownload } from '../../state/forget-download.ts'
import { getFile } from '../../state/get.ts'
import { useAction } from '../../state/use.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { LinkDialog } from '../../ui/link-dialog.tsx'
import { Badge, Fault } from '../../ui/notice.tsx'
import { Name } from '../../ui/text.tsx'
import { OpenContent } from './open-content.tsx'
import { STATE_LABELS, STATE_TONES } from './words.ts'

/** One download that has ended. */
export const HistoryRow = memo(function HistoryRow({ view }: { view: Download }) {
  const { id, cid, name, path, kind, state, sizeBytes: size, doneBytes, error } = view
  const [link, setLink] = useState(false)
  const act = useAction(async (what: 'again' | 'forget') => {
    if (what === 'forget') await forgetDownload(id)
    else if (state === 'failed') await ask(`/api/v1/downloads/${id}/resume`, { method: 'POST' })
    else await getFile(cid, name)
  })
  return (
    <article className="transfer past" aria-label={printable(name)}>
      <div className="transfer-head">
        <Icon name={KIND_ICONS[kindOf(view)]} size={24} />
        <Name text={name} className="cut transfer-name" />
        <div className="transfer-actions">
          {state === 'done' && <OpenContent file={{ cid, name, size, kind }} />}
          <Button icon="link" label="Link" kind="quiet" compact onClick={() => setLink(true)} />
          <Button
            icon="again"
            label={state === 'failed' ? 'Try again' : 'Get it again'}
            kind="quiet"
            compact
            disabled={act.busy}
            onClick={() => act.run('again')}
          />
          <Button
            icon="close"
            label="Take it off the list"
            kind="quiet"
            compact
            disabled={act.busy}
            onClick={() => act.run('forget')}
          />
        </div>
      </div>
      <p className="transfer-facts small">
        <Badge tone={STATE_TONES[state]}>{STATE_LABELS[state]}</Badge>
        <span className="nowrap">
          {state === 'done' || doneBytes === 0
            ? (size > 0 || state === 'done') && formatBytes(size)
            : `${formatBytes(doneBytes)} of ${formatBytes(size)}`}
        </span>
        <span className="nowrap soft">{formatAgo(view.finishedMs ?? view.createdMs)}</span>
        {state === 'done' ? (
          <Name text={path} className="cut soft past-path" />
        ) : (
          error && <span className="bad past-path">{printable(error.message)}</span>
        )}
      </p>
      <Fault error={act.error} onClose={act.clear} />
      {link && <LinkDialog file={{ cid, name, size }} onClose={() => setLink(false)} />}
    </article>
  )
})
