import type { LibraryEntry } from '../../api/types.ts'
import { formatBytes } from '../../format.ts'
import { useHolders } from '../../state/use-holders.ts'
import { Copy } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { HolderList } from '../../ui/holders.tsx'
import { Name } from '../../ui/text.tsx'

/** All of one shared file, and who else has it: the network is asked when this opens. */
export function FileDetails({ entry, onClose }: { entry: LibraryEntry; onClose: () => void }) {
  const { name, file, size, cid, sha256, modifiedMs } = entry
  const holders = useHolders(cid)
  return (
    <Dialog title={<Name text={name} />} onClose={onClose} wide>
      <dl className="facts">
        <dt>Path</dt>
        <dd>
          <Name text={file} />
        </dd>
        <dt>Size</dt>
        <dd>
          {formatBytes(size)} ({size.toLocaleString()} bytes)
        </dd>
        {modifiedMs > 0 && (
          <>
            <dt>Changed</dt>
            <dd>{new Date(modifiedMs).toLocaleString()}</dd>
          </>
        )}
        <dt title="The name of the content: whoever has the same bytes has the same CID">CID</dt>
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
      <p className="row details-copy">
        <Copy text={cid} label="Copy CID" />
        {sha256 && <Copy text={sha256} label="Copy SHA-256" />}
      </p>
      <h3>Who has it</h3>
      <HolderList holders={holders} />
    </Dialog>
  )
}
