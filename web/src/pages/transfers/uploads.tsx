import { ask } from '../../api/client.ts'
import type { HeldPeer, Upload, Uploads as UploadsAnswer } from '../../api/types.ts'
import { type Asked, useAction } from '../../state/use.ts'
import { Button } from '../../ui/button.tsx'
import { Empty, Fault } from '../../ui/notice.tsx'
import { Id, Name } from '../../ui/text.tsx'
import { UploadRow } from './upload-row.tsx'

type Verb = 'pause' | 'resume' | 'cancel'

/** Most rows of each list; more than anybody reads. */
const MAX_ROWS = 200

const keyOf = ({ peerId, cid }: Upload, index: number) => `${peerId} ${cid} ${index}`

/** What others fetch from here, who waits, and who is not served. */
export function Uploads({ uploads: { data, error, refresh } }: { uploads: Asked<UploadsAnswer> }) {
  const act = useAction(async (peerId: string, verb: Verb) => {
    await ask(`/api/v1/uploads/${encodeURIComponent(peerId)}/${verb}`, { method: 'POST' })
    refresh()
  })
  if (!data) return <Fault error={error} />
  const { active, queued, paused, slots } = data
  const held = new Map(paused.map((peer) => [peer.peerId, peer.state]))
  const rows = (list: readonly Upload[]) => (
    <ul className="plain">
      {list.slice(0, MAX_ROWS).map((view, index) => (
        <UploadRow
          key={keyOf(view, index)}
          view={view}
          held={held.get(view.peerId)}
          busy={act.busy}
          onAct={act.run}
        />
      ))}
      {list.length > MAX_ROWS && (
        <li className="soft small">and {(list.length - MAX_ROWS).toLocaleString()} more</li>
      )}
    </ul>
  )
  return (
    <>
      <Fault error={act.error} onClose={act.clear} />
      {active.length + queued.length + paused.length === 0 && (
        <Empty title="Nobody fetches anything from you now.">
          <p>What you share is found and fetched by others while the node runs.</p>
        </Empty>
      )}
      {active.length > 0 && (
        <section>
          <h2>
            Being sent <span className="soft small">at most {slots} at once</span>
          </h2>
          {rows(active)}
        </section>
      )}
      {queued.length > 0 && (
        <section>
          <h2>Waiting</h2>
          {rows(queued)}
        </section>
      )}
      {paused.length > 0 && (
        <section>
          <h2>Not served</h2>
          <p className="soft small">
            Because you said so. A restart of the node forgets it; what was cancelled is refused for ten
            minutes.
          </p>
          <ul className="plain">
            {paused.map((peer) => (
              <Held key={peer.peerId} peer={peer} busy={act.busy} onAct={act.run} />
            ))}
          </ul>
        </section>
      )}
    </>
  )
}

interface HeldProps {
  peer: HeldPeer
  busy: boolean
  onAct: (peerId: string, verb: Verb) => void
}

function Held({ peer: { peerId, name, state, untilMs }, busy, onAct }: HeldProps) {
  const until = untilMs === undefined ? '' : ` until ${new Date(untilMs).toLocaleTimeString()}`
  return (
    <li className="transfer held">
      <span className="grow">
        <Name text={name} /> <Id id={peerId} />
        <br />
        <span className="soft small">{state === 'paused' ? 'Paused' : `Refused${until}`}</span>
      </span>
      <Button icon="play" label="Serve again" disabled={busy} onClick={() => onAct(peerId, 'resume')} />
    </li>
  )
}
