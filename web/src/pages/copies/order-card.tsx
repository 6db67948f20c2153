import { useState } from 'react'
import { printable } from '../../../../src/base/printable.ts'
import { ask } from '../../api/client.ts'
import type { Replica, ReplicaHolder, Unpushed } from '../../api/types.ts'
import { countOf, formatAgo, formatBytes } from '../../format.ts'
import { say } from '../../state/toasts.ts'
import { useAction } from '../../state/use.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { Badge, Fault } from '../../ui/notice.tsx'
import { ScrollX } from '../../ui/scroll-x.tsx'
import { Id, Name } from '../../ui/text.tsx'
import { copiesText, dayText, holderState, orderState } from './words.ts'

/** One order of copies, and who keeps them. */
export function OrderCard({ order, onChanged }: { order: Replica; onChanged: () => void }) {
  const [isEnding, setEnding] = useState(false)
  const { cid, name, sizeBytes, kind, expiresMs, reason, holders } = order
  const path = `/api/v1/replicas/${encodeURIComponent(cid)}`
  const prove = useAction(async () => {
    await ask<Replica>(`${path}/prove`, { method: 'POST' })
    onChanged()
  })
  const state = orderState(order)
  return (
    <article className="card" aria-label={printable(name)}>
      <header className="copies-head">
        <h2>
          <Name text={kind === 'folder' ? `${name}/` : name} />
        </h2>
        <div className="row">
          <Button
            icon="check"
            label={prove.busy ? 'Checking …' : 'Check now'}
            disabled={prove.busy || holders.length === 0}
            onClick={() => prove.run()}
          />
          <Button icon="bin" label="Stop keeping" onClick={() => setEnding(true)} />
        </div>
      </header>
      <p className="row soft small">
        <Badge tone={state.tone}>{state.label}</Badge>
        <span>{copiesText(order)}</span>
        <span>{formatBytes(sizeBytes)}</span>
        <span>until {dayText(expiresMs)}</span>
        <Id id={cid} length={14} />
      </p>
      {reason && <p className="soft">{printable(reason)}</p>}
      <Fault error={prove.error} onClose={prove.clear} />
      {holders.length > 0 && <Holders holders={holders} sizeBytes={sizeBytes} />}
      {isEnding && (
        <Confirm
          title="Have the copies dropped?"
          label="Stop keeping"
          onClose={() => setEnding(false)}
          act={async () => {
            const { untold } = await ask<Unpushed>(path, { method: 'DELETE' })
            if (untold > 0) say(`${countOf(untold, 'peer is', 'peers are')} away and will be told later.`)
            onChanged()
          }}
        >
          <p>
            Peers do not keep <Name text={name} /> for you any more. What you share stays as it is.
          </p>
        </Confirm>
      )}
    </article>
  )
}

function Holders({ holders, sizeBytes }: { holders: readonly ReplicaHolder[]; sizeBytes: number }) {
  return (
    <ScrollX label="Who keeps a copy">
      <table className="small">
        <thead>
          <tr>
            <th scope="col">Peer</th>
            <th scope="col">PeerId</th>
            <th scope="col">State</th>
            <th scope="col">Signed until</th>
            <th scope="col">Last proved</th>
            <th scope="col">Last seen</th>
          </tr>
        </thead>
        <tbody>
          {holders.map((holder) => {
            const { peerId, name, leaseExpiresMs, provedMs, lastSeenMs } = holder
            const { label, tone } = holderState(holder, sizeBytes)
            return (
              <tr key={peerId}>
                <td className="breaks">
                  <Name text={name || 'no name'} className={name ? '' : 'soft'} />
                </td>
                <td>
                  <Id id={peerId} />
                </td>
                <td>
                  <Badge tone={tone}>{label}</Badge>
                </td>
                <td className="nowrap">{dayText(leaseExpiresMs)}</td>
                <td className="nowrap">{provedMs === undefined ? '–' : formatAgo(provedMs)}</td>
                <td className="nowrap">{lastSeenMs === undefined ? '–' : formatAgo(lastSeenMs)}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </ScrollX>
  )
}
