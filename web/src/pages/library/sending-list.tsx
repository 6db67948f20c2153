import { printable } from '../../../../src/base/printable.ts'
import { formatBytes, formatPercent } from '../../format.ts'
import { useStore } from '../../state/use.ts'
import { Button } from '../../ui/button.tsx'
import { Progress } from '../../ui/progress.tsx'
import { Name } from '../../ui/text.tsx'
import { outgoing } from './outgoing.ts'
import type { Sending } from './sending.ts'

/** Most rows; the others are counted. */
const MAX_ROWS = 20

/** The files that go into the library through this page. */
export function SendingList() {
  const all = useStore(outgoing.list)
  if (all.length === 0) return null
  const ended = all.filter(({ state }) => state.kind === 'done' || state.kind === 'failed').length
  // Those that are under way or failed first.
  const shown = [...all].sort((a, b) => RANK[a.state.kind] - RANK[b.state.kind]).slice(0, MAX_ROWS)
  return (
    <section className="card" aria-labelledby="sending-title">
      <div className="row">
        <h2 id="sending-title" className="grow">
          Sent through this page: {ended.toLocaleString()} of {all.length.toLocaleString()}
        </h2>
        {ended > 0 && <Button label="Clear" kind="quiet" onClick={() => outgoing.clear()} />}
      </div>
      <ul className="plain">
        {shown.map((row) => (
          <SendingRow key={row.id} row={row} />
        ))}
      </ul>
      {all.length > MAX_ROWS && (
        <p className="soft small">and {(all.length - MAX_ROWS).toLocaleString()} more</p>
      )}
      {ended < all.length && <p className="soft small">Leave this tab open until all is sent.</p>}
    </section>
  )
}

const RANK: Readonly<Record<Sending['state']['kind'], number>> = {
  failed: 0,
  hashing: 1,
  sending: 1,
  waiting: 2,
  done: 3,
}

function SendingRow({ row: { id, name, sizeBytes, sentBytes, state } }: { row: Sending }) {
  return (
    <li className="sending">
      <Name text={name} className="cut sending-name" />
      <span className="small soft nowrap">{stateText({ state, sentBytes, sizeBytes })}</span>
      {state.kind !== 'done' && (
        <Button
          icon="close"
          label={state.kind === 'failed' ? 'Take it off the list' : 'Stop'}
          kind="quiet"
          compact
          onClick={() => outgoing.remove(id)}
        />
      )}
      {state.kind === 'failed' && <span className="bad small sending-fault">{printable(state.message)}</span>}
      {(state.kind === 'sending' || state.kind === 'hashing') && (
        <Progress label={`Sending ${printable(name)}`} done={sentBytes} total={sizeBytes} />
      )}
    </li>
  )
}

function stateText({ state, sentBytes, sizeBytes }: Pick<Sending, 'state' | 'sentBytes' | 'sizeBytes'>) {
  switch (state.kind) {
    case 'waiting':
      return `${formatBytes(sizeBytes)}, waits`
    case 'sending':
      return `${formatPercent(sentBytes, sizeBytes)} of ${formatBytes(sizeBytes)}`
    case 'hashing':
      return 'sent; the node hashes it'
    case 'done':
      return 'shared'
    case 'failed':
      return 'failed'
  }
}
