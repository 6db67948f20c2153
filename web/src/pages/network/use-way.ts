import { useMemo } from 'react'
import type { SearchLogPage } from '../../api/types.ts'
import { lastSearch } from '../../state/last-search.ts'
import { useAsk, useSignedIn, useStore } from '../../state/use.ts'
import { rowToShow, type SearchWay, wayOfRow, wayOfSearch } from './search-way.ts'

/** The way of the newest search: from the node's log, which knows most of it; without the token, of the last one made in this page. @param ownId PeerId of this node */
export function useWay(ownId: string | undefined): SearchWay | undefined {
  const signedIn = useSignedIn()
  const log = useAsk<SearchLogPage>('/api/v1/stats/searches?limit=10', { on: ['search'], off: !signedIn })
  const last = useStore(lastSearch)
  const row = signedIn ? rowToShow(log.data?.searches ?? [], last?.words === '') : undefined
  return useMemo(() => (row ? wayOfRow(row) : last && wayOfSearch(last, ownId)), [row, last, ownId])
}
