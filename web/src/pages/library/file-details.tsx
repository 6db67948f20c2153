import type { LibraryEntry } from '../../api/types.ts'
import { useHolders } from '../../state/use-holders.ts'
import { ContentFacts, CopyFacts } from '../../ui/content-facts.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { HolderList } from '../../ui/holders.tsx'
import { Name } from '../../ui/text.tsx'

/** All of one shared file, and who else has it: the network is asked when this opens. */
export function FileDetails({ entry, onClose }: { entry: LibraryEntry; onClose: () => void }) {
  const { name, file, cid, modifiedMs } = entry
  const holders = useHolders(cid)
  return (
    <Dialog title={<Name text={name} />} onClose={onClose} wide>
      <dl className="facts">
        <dt>Path</dt>
        <dd>
          <Name text={file} />
        </dd>
        {modifiedMs > 0 && (
          <>
            <dt>Changed</dt>
            <dd>{new Date(modifiedMs).toLocaleString()}</dd>
          </>
        )}
        <ContentFacts content={entry} />
      </dl>
      <CopyFacts content={entry} />
      <h3>Who has it</h3>
      <HolderList holders={holders} />
    </Dialog>
  )
}
