import { useState } from 'react'
import { Link } from 'wouter'
import type { OpenedLink } from '../../api/types.ts'
import { formatBytes, formatPercent } from '../../format.ts'
import { KIND_ICONS, KIND_LABELS, kindOf, previewOf } from '../../kinds.ts'
import { contentPath } from '../../links.ts'
import { downloadOf, downloads } from '../../state/downloads.ts'
import { getFile } from '../../state/get.ts'
import { useAction, useStore } from '../../state/use.ts'
import { useHolders } from '../../state/use-holders.ts'
import { Button } from '../../ui/button.tsx'
import { HolderList } from '../../ui/holders.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Badge, Fault } from '../../ui/notice.tsx'
import { PreviewDialog } from '../../ui/preview.tsx'
import { Name } from '../../ui/text.tsx'
import { factsOf } from './facts.ts'

/** What a link leads to, who has it, and what can be done with it. */
export function Linked({ link, opened }: { link: string; opened: OpenedLink }) {
  const holders = useHolders(opened.cid)
  const [preview, setPreview] = useState(false)
  const get = useAction(async () => void (await getFile(link)))
  const download = downloadOf(useStore(downloads), opened.cid)
  // One that was done before and is not shared has been moved or deleted since.
  const [wasDone] = useState(download?.state === 'done')
  const isHere = opened.shared || (download?.state === 'done' && !wasDone)
  const { cid, name, size, kind } = factsOf(opened, holders.hit)
  const file = { cid, name, size: size ?? 0, kind: kind ?? 'file' } as const
  const canPreview = kind !== 'folder' && previewOf(file) !== undefined
  return (
    <section className="card" aria-label="What the link leads to">
      <div className="linked-head">
        <Icon name={KIND_ICONS[kindOf(file)]} size={32} />
        <div className="linked-text">
          <h2>{name ? <Name text={name} /> : <span className="soft">Its name is not known</span>}</h2>
          <p className="soft">
            {kind && `${kindOf(file) === 'other' ? 'File' : KIND_LABELS[kindOf(file)]}, `}
            {size === undefined ? 'size not known' : formatBytes(size)}
          </p>
        </div>
      </div>
      <p className="row">
        {isHere ? (
          <>
            <Badge tone="good">Here already</Badge>
            <a className="button" href={contentPath(file)} target="_blank" rel="noreferrer">
              <Icon name="out" size={18} />
              <span>Open</span>
            </a>
          </>
        ) : download && !['failed', 'cancelled', 'done'].includes(download.state) ? (
          <Link href="/transfers" className="button">
            {download.state === 'paused' ? 'Paused' : 'Downloading'}{' '}
            {formatPercent(download.doneBytes, download.sizeBytes)}
          </Link>
        ) : (
          <Button
            icon="get"
            label={wasDone ? 'Get it again' : 'Get'}
            kind="main"
            disabled={get.busy}
            onClick={() => get.run()}
          />
        )}
        {canPreview && <Button icon="eye" label="Look at it" onClick={() => setPreview(true)} />}
      </p>
      <Fault error={get.error} onClose={get.clear} />
      <dl className="facts small">
        <dt>CID</dt>
        <dd>
          <code>{cid}</code>
        </dd>
        {opened.peers.length > 0 && (
          <>
            <dt>The link names</dt>
            <dd>
              {opened.peers.length === 1 ? 'one peer' : `${opened.peers.length} peers`} to fetch it from
            </dd>
          </>
        )}
      </dl>
      <h3 className="linked-who">Who has it</h3>
      <HolderList
        holders={holders}
        none={
          opened.peers.length > 0
            ? 'Nobody besides those whom the link names is known to have it.'
            : undefined
        }
      />
      {preview && <PreviewDialog file={file} onClose={() => setPreview(false)} />}
    </section>
  )
}
