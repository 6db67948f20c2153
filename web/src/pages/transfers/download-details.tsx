import { useState } from 'react'
import { address, ask } from '../../api/client.ts'
import type { BlockMap as BlockMapAnswer, Download } from '../../api/types.ts'
import { formatAgo } from '../../format.ts'
import { useAction, useAsk } from '../../state/use.ts'
import { Copy } from '../../ui/copy.tsx'
import { Fault } from '../../ui/notice.tsx'
import { Name } from '../../ui/text.tsx'
import { AddMirror } from './add-mirror.tsx'
import { BlockMap } from './block-map.tsx'
import { Sources } from './sources-table.tsx'
import { isActive, isEnded } from './words.ts'

/** Cells of the block map: as many as a small window shows well. */
const CELLS = 512

/** How often the map is asked for while bytes come, ms. */
const MAP_MS = 500

/** All of one download: where it goes, its blocks, who gives it, and how it is fetched. */
export function DownloadDetails({ view }: { view: Download }) {
  const { id, cid, path, createdMs, state } = view
  const map = useAsk<BlockMapAnswer>(address(`/api/v1/downloads/${id}/blocks`, { cells: CELLS }), {
    ...(isActive(view) && { everyMs: MAP_MS }),
  })
  return (
    <>
      <dl className="facts small">
        <dt>{state === 'done' ? 'It is at' : 'It will be at'}</dt>
        <dd>
          <Name text={path} />
        </dd>
        <dt>Begun</dt>
        <dd>{formatAgo(createdMs)}</dd>
        <dt>CID</dt>
        <dd className="cid-line">
          <code>{cid}</code> <Copy text={cid} />
        </dd>
      </dl>
      {!isEnded(view) && <Wishes view={view} />}
      {map.data ? <BlockMap map={map.data} /> : <Fault error={map.error} />}
      <Sources view={view} map={map.data} />
      {!isEnded(view) && <AddMirror view={view} />}
    </>
  )
}

/** Which come first: this among the downloads, and which of its blocks. */
function Wishes({ view }: { view: Download }) {
  const [shown, setShown] = useState<Partial<Download>>({})
  const change = useAction(async (wish: Partial<Pick<Download, 'priority' | 'sequential'>>) => {
    setShown(wish)
    try {
      await ask(`/api/v1/downloads/${view.id}`, { method: 'PATCH', json: wish })
    } finally {
      setShown({})
    }
  })
  const { priority, sequential } = { ...view, ...shown }
  return (
    <>
      <div className="row transfer-wishes">
        <label className="switch">
          <span>Priority</span>
          <select
            className="select"
            value={priority}
            onChange={(event) => change.run({ priority: event.target.value as Download['priority'] })}
          >
            <option value="high">High</option>
            <option value="normal">Normal</option>
            <option value="low">Low</option>
          </select>
        </label>
        <label className="switch" title="To look at it while it comes; a little slower for everybody">
          <input
            type="checkbox"
            checked={sequential}
            onChange={(event) => change.run({ sequential: event.target.checked })}
          />
          <span>From the beginning to the end</span>
        </label>
      </div>
      <Fault error={change.error} onClose={change.clear} />
    </>
  )
}
