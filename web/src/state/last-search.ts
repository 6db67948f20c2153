import type { SearchDone, SearchHit } from '../api/types.ts'
import { Store } from './store.ts'

/** The last search of this page that came to its end: the map of the network shows the way it went. */
export const lastSearch = new Store<{ words: string; done: SearchDone; hits: SearchHit[] } | undefined>(
  undefined,
)
