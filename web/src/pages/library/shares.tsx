import { useState } from 'react'
import { printable } from '../../../../src/base/printable.ts'
import { address, ask } from '../../api/client.ts'
import type { Share } from '../../api/types.ts'
import { countOf, formatBytes } from '../../format.ts'
import { useAsk } from '../../state/use.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { Icon } from '../../ui/icon.tsx'
import { KeepDialog } from '../../ui/keep-dialog.tsx'
import { Fault } from '../../ui/notice.tsx'
import { Name } from '../../ui/text.tsx'
import { originText } from './words.ts'

/** Most rows at first, and at all: each finished download, and each file that came through the page, is one. */
const FEW = 6
const MAX_ROWS = 500

/** The folders and files that were shared as such. */
export function Shares() {
  const { data, error, refresh } = useAsk<{ shares: Share[] }>('/api/v1/shares', {
    on: ['library', 'config'],
  })
  const [removing, setRemoving] = useState<Share>()
  const [keeping, setKeeping] = useState<Share>()
  const [all, setAll] = useState(false)
  if (!data) return <Fault error={error} />
  // Folders are what people look for here.
  const shares = [...data.shares].sort((a, b) => Number(a.kind === 'file') - Number(b.kind === 'file'))
  if (shares.length === 0) return null
  return (
    <section className="card" aria-labelledby="shares-title">
      <h2 id="shares-title">Shared folders and files</h2>
      <ul className="plain shares">
        {shares.slice(0, all ? MAX_ROWS : FEW).map((share) => (
          <ShareRow
            key={share.id}
            share={share}
            onKeep={() => setKeeping(share)}
            onRemove={() => setRemoving(share)}
          />
        ))}
      </ul>
      {shares.length > FEW && (
        <Button
          label={all ? 'Fewer' : `All ${shares.length.toLocaleString()}`}
          kind="quiet"
          aria-expanded={all}
          onClick={() => setAll(!all)}
        />
      )}
      {all && shares.length > MAX_ROWS && (
        <p className="soft small">and {countOf(shares.length - MAX_ROWS, 'other')}</p>
      )}
      {keeping && (
        <KeepDialog
          name={keeping.path}
          target={{ path: keeping.path }}
          onClose={() => setKeeping(undefined)}
        />
      )}
      {removing && (
        <Confirm
          title="Stop sharing this?"
          label="Stop sharing"
          onClose={() => setRemoving(undefined)}
          act={async () => {
            await ask(address('/api/v1/library', { target: removing.path }), { method: 'DELETE' })
            refresh()
          }}
        >
          <p>
            <Name text={removing.path} />: {countOf(removing.files, 'file')}. Others do not find{' '}
            {removing.files === 1 ? 'it' : 'them'} here any more. No file is deleted.
          </p>
        </Confirm>
      )}
    </section>
  )
}

function ShareRow({ share, onKeep, onRemove }: { share: Share; onKeep: () => void; onRemove: () => void }) {
  const { path, kind, files, sizeBytes, origin } = share
  return (
    <li className="share">
      <Icon name={kind} size={20} />
      <span className="grow">
        <Name text={path} className="cut" />
        <span className="soft small">
          {kind === 'folder' && `${countOf(files, 'file')}, `}
          {formatBytes(sizeBytes)}, {originText(origin)}
        </span>
      </span>
      <Button
        icon="copies"
        label={`Keep copies of ${printable(path)} with peers…`}
        kind="quiet"
        compact
        onClick={onKeep}
      />
      <Button icon="bin" label={`Stop sharing ${printable(path)}`} kind="quiet" compact onClick={onRemove} />
    </li>
  )
}
