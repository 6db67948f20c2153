import type { Upload } from '../../api/types.ts'
import { formatBytes, formatDuration, formatPercent, formatRate } from '../../format.ts'
import { KIND_ICONS, kindOf } from '../../kinds.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Badge } from '../../ui/notice.tsx'
import { Progress } from '../../ui/progress.tsx'
import { Id, Name } from '../../ui/text.tsx'
import { ROADS } from './words.ts'

interface Props {
  view: Upload
  /** The peer is not served. */
  held: 'paused' | 'refused' | undefined
  busy: boolean
  onAct: (peerId: string, verb: 'pause' | 'resume' | 'cancel') => void
}

/** One file that somebody fetches from here. */
export function UploadRow({ view, held, busy, onAct }: Props) {
  const { peerId, peerName, name, cid, bytes, sizeBytes = 0, road, rateBytesPerSecond, position } = view
  const told = road && ROADS[road]
  return (
    <li className="transfer">
      <div className="transfer-head">
        <Icon name={KIND_ICONS[kindOf({ name, kind: 'file' })]} size={24} />
        <span className="transfer-name">
          {name ? <Name text={name} className="cut" /> : <Id id={cid} length={20} />}
        </span>
        <div className="transfer-actions">
          <Button
            icon={held ? 'play' : 'pause'}
            label={held ? 'Serve this peer again' : 'Pause all uploads to this peer'}
            kind="quiet"
            compact
            disabled={busy}
            onClick={() => onAct(peerId, held ? 'resume' : 'pause')}
          />
          <Button
            icon="close"
            label="End all uploads to this peer, and refuse it for ten minutes"
            kind="quiet"
            compact
            disabled={busy}
            onClick={() => onAct(peerId, 'cancel')}
          />
        </div>
      </div>
      {position === undefined && (
        <Progress label={`Sent ${formatPercent(bytes, sizeBytes)}`} done={bytes} total={sizeBytes} />
      )}
      <p className="transfer-facts small">
        {held === 'paused' && <Badge tone="warn">Paused</Badge>}
        <span className="upload-peer">
          to <Name text={peerName || 'a peer without a name'} /> <Id id={peerId} />
        </span>
        {position === undefined ? (
          <>
            <span className="nowrap">
              {formatBytes(bytes)} {sizeBytes > 0 ? `of ${formatBytes(sizeBytes)}` : 'sent'}
            </span>
            <span className="nowrap">{formatRate(rateBytesPerSecond)}</span>
          </>
        ) : (
          !held && <span>{turnText(position, view.etaMs)}</span>
        )}
        {told && <span title={told.hint}>{told.label}</span>}
      </p>
    </li>
  )
}

const turnText = (position: number, etaMs: number | undefined): string =>
  `Number ${position} in line${etaMs === undefined ? '' : `, its turn in about ${formatDuration(etaMs)}`}`
