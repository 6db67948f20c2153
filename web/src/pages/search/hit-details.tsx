import type { SearchHit } from '../../api/types.ts'
import { KIND_LABELS, kindOf } from '../../kinds.ts'
import { ContentFacts, CopyFacts } from '../../ui/content-facts.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { HolderTable } from '../../ui/holders.tsx'
import { Badge } from '../../ui/notice.tsx'
import { Name } from '../../ui/text.tsx'

/** All that is known of one result: what it is, who has it, how it was found. */
export function HitDetails({ hit, onClose }: { hit: SearchHit; onClose: () => void }) {
  const { name, path, providers, via } = hit
  return (
    <Dialog title={<Name text={name} />} onClose={onClose} wide>
      <dl className="facts">
        <dt>Type</dt>
        <dd>{KIND_LABELS[kindOf(hit)]}</dd>
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
        <ContentFacts content={hit} />
      </dl>
      <CopyFacts content={hit} />
      <h3>Who has it ({providers.length})</h3>
      <HolderTable providers={providers} />
    </Dialog>
  )
}
