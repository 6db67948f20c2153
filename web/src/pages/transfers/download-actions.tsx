import { useState } from 'react'
import { ask } from '../../api/client.ts'
import type { Download } from '../../api/types.ts'
import { formatBytes } from '../../format.ts'
import { previewOf } from '../../kinds.ts'
import { forgetDownload } from '../../state/forget-download.ts'
import { useAction } from '../../state/use.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { LinkDialog } from '../../ui/link-dialog.tsx'
import { Fault } from '../../ui/notice.tsx'
import { PreviewDialog } from '../../ui/preview.tsx'
import { OpenContent } from './open-content.tsx'
import { isEnded, isMuch } from './words.ts'

/** What can be done about a download as it stands. */
export function DownloadActions({ view }: { view: Download }) {
  const { id, cid, name, sizeBytes: size, kind, state, doneBytes } = view
  const [shown, setShown] = useState<'preview' | 'link' | 'cancel'>()
  const act = useAction(async (verb: 'pause' | 'resume' | 'cancel') => {
    await ask(`/api/v1/downloads/${id}/${verb}`, { method: 'POST' })
  })
  const forget = useAction(() => forgetDownload(id))
  const close = () => setShown(undefined)
  const canPause = ['queued', 'resolving', 'running'].includes(state)
  return (
    <div className="transfer-actions">
      {state === 'done' ? (
        <OpenContent file={{ cid, name, size, kind }} />
      ) : (
        previewOf(view) && (
          <Button icon="eye" label="Look at it" kind="quiet" compact onClick={() => setShown('preview')} />
        )
      )}
      <Button icon="link" label="Link" kind="quiet" compact onClick={() => setShown('link')} />
      {canPause && (
        <Button
          icon="pause"
          label="Pause"
          kind="quiet"
          compact
          disabled={act.busy}
          onClick={() => act.run('pause')}
        />
      )}
      {state === 'paused' && (
        <Button
          icon="play"
          label="Go on"
          kind="quiet"
          compact
          disabled={act.busy}
          onClick={() => act.run('resume')}
        />
      )}
      {isEnded(view) && state !== 'failed' ? (
        <Button
          icon="close"
          label="Take it off the list"
          kind="quiet"
          compact
          disabled={forget.busy}
          onClick={() => forget.run()}
        />
      ) : (
        <Button
          icon="close"
          label={state === 'failed' ? 'Give it up' : 'Cancel'}
          kind="quiet"
          compact
          disabled={act.busy}
          onClick={() => (isMuch(view) ? setShown('cancel') : act.run('cancel'))}
        />
      )}
      <Fault error={act.error ?? forget.error} onClose={act.error ? act.clear : forget.clear} />
      {shown === 'preview' && <PreviewDialog file={{ cid, name, size, kind }} onClose={close} />}
      {shown === 'link' && <LinkDialog file={{ cid, name, size }} onClose={close} />}
      {shown === 'cancel' && (
        <Confirm
          title="Cancel this download?"
          label="Cancel it"
          onClose={close}
          act={() => ask(`/api/v1/downloads/${id}/cancel`, { method: 'POST' })}
        >
          <p>{formatBytes(doneBytes)} that are here already are deleted. To go on later, pause it instead.</p>
        </Confirm>
      )}
    </div>
  )
}
