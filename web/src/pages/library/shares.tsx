import { useState } from 'react'
import { address, ask } from '../../api/client.ts'
import type { Share } from '../../api/types.ts'
import { countOf, formatBytes } from '../../format.ts'
import { useAsk } from '../../state/use.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { Fault } from '../../ui/notice.tsx'
import { Name } from '../../ui/text.tsx'
import { originText } from './words.ts'

/** Most rows at first: each finished download is one. */
const FEW = 8
const MAX_ROWS = 500

/** The folders and files that were shared as such. */
export function Shares() {
  const { data, error, refresh } = useAsk<{ shares: Share[] }>('/api/v1/shares', {
    on: ['library', 'config'],
  })
  const [removing, setRemoving] = useState<Share>()
  const [all, setAll] = useState(false)
  if (!data) return <Fault error={error} />
  // What was added as a file stands below: each file that came through the page is one.
  const shares = [...data.shares].sort((a, b) => Number(a.kind === 'file') - Number(b.kind === 'file'))
  if (shares.length === 0) return null
  return (
    <section className="card" aria-labelledby="shares-title">
      <h2 id="shares-title">Shared folders and files</h2>
      <div className="scroll-x">
        <table className="shares">
          <thead>
            <tr>
              <th>Path</th>
              <th className="num">Files</th>
              <th className="num">Size</th>
              <th>Shared</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {shares.slice(0, all ? MAX_ROWS : FEW).map((share) => (
              <tr key={share.id}>
                <td className="breaks share-path">
                  <Name text={share.path} />
                </td>
                <td className="num">{share.files.toLocaleString()}</td>
                <td className="num">{formatBytes(share.sizeBytes)}</td>
                <td className="small">{originText(share.origin)}</td>
                <td className="num">
                  <Button
                    icon="bin"
                    label={`Stop sharing ${share.path}`}
                    kind="quiet"
                    compact
                    onClick={() => setRemoving(share)}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {shares.length > FEW && !all && (
        <Button label={`All ${shares.length.toLocaleString()}`} kind="quiet" onClick={() => setAll(true)} />
      )}
      {all && shares.length > MAX_ROWS && (
        <p className="soft small">and {countOf(shares.length - MAX_ROWS, 'other')}</p>
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
