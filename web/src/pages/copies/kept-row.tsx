import { useState } from 'react'
import { printable } from '../../../../src/base/printable.ts'
import { ask } from '../../api/client.ts'
import type { KeptReplica } from '../../api/types.ts'
import { formatBytes } from '../../format.ts'
import { KIND_ICONS, kindOf } from '../../kinds.ts'
import { useAction } from '../../state/use.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Badge, Fault } from '../../ui/notice.tsx'
import { Name } from '../../ui/text.tsx'
import { dayText, keptState } from './words.ts'

/** One copy for somebody else, or something that is pinned. */
export function KeptRow({ replica, onChanged }: { replica: KeptReplica; onChanged: () => void }) {
  const [isUnpinning, setUnpinning] = useState(false)
  const { cid, name, sizeBytes, owner, ownerName, pinned, leaseExpiresMs } = replica
  const pins = `/api/v1/pins/${encodeURIComponent(cid)}`
  const unpin = async () => {
    await ask(pins, { method: 'DELETE' })
    onChanged()
  }
  const act = useAction(async () => {
    if (pinned) return unpin()
    await ask(pins, { method: 'PUT', json: {} })
    onChanged()
  })
  const state = keptState(replica)
  return (
    <li className="kept-row">
      <Icon name={KIND_ICONS[kindOf({ name, kind: 'file' })]} />
      <div className="kept-text">
        <Name text={name || cid} className="cut" />
        <p className="row soft small">
          <Badge tone={state.tone}>{state.label}</Badge>
          {pinned && <Badge>pinned</Badge>}
          <span>{formatBytes(sizeBytes)}</span>
          {owner !== undefined && (
            <span className="kept-owner">
              for <Name text={ownerName || owner} />
            </span>
          )}
          {leaseExpiresMs !== undefined && <span>until {dayText(leaseExpiresMs)}</span>}
        </p>
        <Fault error={act.error} onClose={act.clear} />
      </div>
      <Button
        icon="pin"
        label={pinned ? 'Unpin' : 'Pin'}
        aria-label={`${pinned ? 'Unpin' : 'Pin'} ${printable(name)}`}
        disabled={act.busy}
        onClick={() => (pinned && owner === undefined ? setUnpinning(true) : act.run())}
      />
      {isUnpinning && (
        <Confirm title="Unpin this?" label="Unpin" onClose={() => setUnpinning(false)} act={unpin}>
          <p>
            <Name text={name} /> is kept for nobody else, and is deleted here.
          </p>
        </Confirm>
      )}
    </li>
  )
}
