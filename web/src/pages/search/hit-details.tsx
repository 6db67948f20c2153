import type { SearchHit } from '../../api/types.ts'
import { formatBytes } from '../../format.ts'
import { KIND_LABELS, kindOf } from '../../kinds.ts'
import { Copy } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Badge } from '../../ui/notice.tsx'
import { Id, Name } from '../../ui/text.tsx'

/** All that is known of one result: what it is, who has it, how it was found. */
export function HitDetails({ hit, onClose }: { hit: SearchHit; onClose: () => void }) {
  const { name, path, size, cid, sha256, providers, via } = hit
  return (
    <Dialog title={<Name text={name} />} onClose={onClose} wide>
      <dl className="facts">
        <dt>Type</dt>
        <dd>{KIND_LABELS[kindOf(hit)]}</dd>
        <dt>Size</dt>
        <dd>
          {formatBytes(size)} ({size.toLocaleString()} bytes)
        </dd>
        <dt>Path</dt>
        <dd>
          <Name text={path} />
        </dd>
        <dt>Found by</dt>
        <dd className="chips">
          {via.map((each) => (
            <Badge key={each} tone={each}>
              {each}
            </Badge>
          ))}
        </dd>
        <dt>CID</dt>
        <dd>
          <code>{cid}</code>
        </dd>
        {sha256 && (
          <>
            <dt>SHA-256</dt>
            <dd>
              <code>{sha256}</code>
            </dd>
          </>
        )}
      </dl>
      <p className="row">
        <Copy text={cid} label="Copy CID" />
        <Copy text={`ipfs://${cid}?filename=${encodeURIComponent(name)}`} label="Copy ipfs: link" />
      </p>
      <h3>Who has it ({providers.length})</h3>
      <table>
        <thead>
          <tr>
            <th>Name</th>
            <th>PeerId</th>
            <th>Addresses</th>
          </tr>
        </thead>
        <tbody>
          {providers.map((provider) => (
            <tr key={provider.peerId}>
              <td>
                <Name text={provider.name} />
              </td>
              <td>
                <Id id={provider.peerId} />
              </td>
              <td className="small">{provider.addresses.slice(0, 4).join(', ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  )
}
