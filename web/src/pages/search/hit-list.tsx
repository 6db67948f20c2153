import { useState } from 'react'
import type { SearchHit } from '../../api/types.ts'
import { downloads } from '../../state/downloads.ts'
import { useStore } from '../../state/use.ts'
import { PreviewDialog } from '../../ui/preview.tsx'
import { VirtualList } from '../../ui/virtual-list.tsx'
import { HitDetails } from './hit-details.tsx'
import { HitRow } from './hit-row.tsx'

/** Height of a row before it is measured, px. */
const ROW_PX = 76

const cidOf = ({ cid }: SearchHit) => cid

/** All results. What is opened of one stays open when its row goes, as it does when another search begins. */
export function HitList({ hits, isOld }: { hits: readonly SearchHit[]; isOld: boolean }) {
  const all = useStore(downloads)
  const [detailed, setDetailed] = useState<SearchHit>()
  const [looked, setLooked] = useState<SearchHit>()
  return (
    <>
      {hits.length > 0 && (
        <div className={isOld ? 'hits old' : 'hits'}>
          <VirtualList items={hits} keyOf={cidOf} rowPx={ROW_PX} label="Results">
            {(hit) => <HitRow hit={hit} downloads={all} onDetails={setDetailed} onLook={setLooked} />}
          </VirtualList>
        </div>
      )}
      {detailed && <HitDetails hit={detailed} onClose={() => setDetailed(undefined)} />}
      {looked && <PreviewDialog file={looked} onClose={() => setLooked(undefined)} />}
    </>
  )
}
