import { memo } from 'react'
import { Link } from 'wouter'
import type { Download, SearchHit } from '../../api/types.ts'
import { formatBytes, formatPercent } from '../../format.ts'
import { KIND_ICONS, kindOf, previewOf } from '../../kinds.ts'
import { downloadOf } from '../../state/downloads.ts'
import { getFile } from '../../state/get.ts'
import { useAction } from '../../state/use.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Badge, Fault } from '../../ui/notice.tsx'
import { Name } from '../../ui/text.tsx'

interface Props {
  hit: SearchHit
  downloads: ReadonlyMap<string, Download> | undefined
  /** Shows all that is known of it. */
  onDetails: (hit: SearchHit) => void
  /** Shows what is in it. */
  onLook: (hit: SearchHit) => void
}

/** One file or folder that was found. */
export const HitRow = memo(function HitRow({ hit, downloads, onDetails, onLook }: Props) {
  const get = useAction(async () => void (await getFile(hit.cid, hit.name)))
  const download = downloadOf(downloads, hit.cid)
  const folder = hit.path.includes('/') ? hit.path.slice(0, hit.path.lastIndexOf('/')) : ''
  return (
    <article className="item hit">
      <Icon name={KIND_ICONS[kindOf(hit)]} size={26} />
      <div className="item-text">
        <button type="button" className="item-name hit-name" onClick={() => onDetails(hit)}>
          <Name text={hit.name} className="cut" />
        </button>
        <p className="hit-facts soft small">
          <span className="nowrap">{formatBytes(hit.size)}</span>
          <span className="hit-holders cut">{holdersOf(hit)}</span>
          <span className="hit-via">
            {hit.via.map((via) => (
              <Badge key={via} tone={via}>
                {via === 'library' ? 'here' : via}
              </Badge>
            ))}
          </span>
          {folder && <Name text={folder} className="cut hit-folder" />}
        </p>
        <Fault error={get.error} onClose={get.clear} />
      </div>
      <div className="hit-actions">
        {previewOf(hit) && (
          <Button icon="eye" label="Look at it" kind="quiet" compact onClick={() => onLook(hit)} />
        )}
        <GetButton {...{ hit, download }} busy={get.busy} onGet={() => get.run()} />
      </div>
    </article>
  )
})

interface GetProps {
  hit: SearchHit
  download: Download | undefined
  busy: boolean
  onGet: () => void
}

/** Gets it, or tells how far that is. */
function GetButton({ hit, download, busy, onGet }: GetProps) {
  if (download && ['queued', 'resolving', 'running', 'paused', 'finishing'].includes(download.state))
    return (
      <Link href="/transfers" className="button">
        {download.state === 'paused'
          ? 'Paused'
          : download.state === 'queued'
            ? 'Waiting'
            : formatPercent(download.doneBytes, download.sizeBytes) || 'Getting'}
      </Link>
    )
  if (hit.via.includes('library') || isFetched(download)) return <Badge tone="good">Here</Badge>
  return (
    <Button
      icon="get"
      label={download?.state === 'failed' ? 'Try again' : 'Get'}
      kind="main"
      disabled={busy}
      onClick={onGet}
    />
  )
}

/** Fetched since this page was opened: what was fetched before may be gone again. */
const isFetched = (download: Download | undefined): boolean =>
  download?.state === 'done' && (download.finishedMs ?? 0) > OPENED_MS

const OPENED_MS = Date.now()

/** `ada, ben and 3 others`. */
function holdersOf({ providers }: SearchHit) {
  const named = providers.filter(({ name }) => name !== '').slice(0, 2)
  const others = providers.length - named.length
  if (providers.length === 0) return 'nobody known'
  return (
    <>
      {named.map(({ peerId, name }, index) => (
        <span key={peerId}>
          {index > 0 && (others > 0 ? ', ' : ' and ')}
          <Name text={name} />
        </span>
      ))}
      {others > 0 &&
        `${named.length > 0 ? ' and ' : ''}${others} ${named.length > 0 ? (others === 1 ? 'other' : 'others') : others === 1 ? 'peer' : 'peers'}`}
    </>
  )
}
