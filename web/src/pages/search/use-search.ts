import { useEffect, useRef, useState } from 'react'
import { address, stream } from '../../api/client.ts'
import { ApiError, isAbort } from '../../api/errors.ts'
import type { SearchDone, SearchHit, SearchLine } from '../../api/types.ts'
import { lastSearch } from '../../state/last-search.ts'
import { type Query, queryOf } from './query.ts'

/** Typing pauses at least so long before the network is asked, ms. */
const TYPING_MS = 350

/** Most results of one search; the node gives no more. */
const LIMIT = 1000

export interface SearchState {
  /** What the hits answer; undefined before anything was searched for. */
  readonly query: Query | undefined
  /** By CID, in the order in which they came; those of the search before until the first of this one comes. */
  readonly hits: ReadonlyMap<string, SearchHit>
  /** The hits are those of the search before. */
  readonly isOld: boolean
  readonly running: boolean
  /** What each locator did; undefined while the search runs. */
  readonly done: SearchDone | undefined
  readonly error: unknown
}

const NOTHING: SearchState = {
  query: undefined,
  hits: new Map(),
  isOld: false,
  running: false,
  done: undefined,
  error: undefined,
}

/** Searches for `text` while it is typed, and anew for each `entered` one. */
export function useSearch(text: string, entered: { text: string; turn: number }): SearchState {
  const [state, setState] = useState(NOTHING)
  const last = useRef(entered)
  useEffect(() => {
    const isEntered = last.current !== entered && entered.text === text
    last.current = entered
    const query = queryOf(text, { typing: !isEntered })
    const life = new AbortController()
    if (!query || query.kind === 'link') {
      setState(NOTHING)
      return
    }
    const timer = setTimeout(() => run(query, life.signal, setState), isEntered ? 0 : TYPING_MS)
    return () => {
      clearTimeout(timer)
      life.abort()
    }
  }, [text, entered])
  return state
}

async function run(
  query: Query,
  signal: AbortSignal,
  show: (next: (before: SearchState) => SearchState) => void,
): Promise<void> {
  const hits = new Map<string, SearchHit>()
  let frame: number | undefined
  const paint = (end?: Pick<SearchState, 'done' | 'error'>) => {
    if (frame !== undefined) cancelAnimationFrame(frame)
    frame = undefined
    if (signal.aborted) return
    // A list that goes and comes again under the reader's eyes would be worse than an old one.
    const isOld = hits.size === 0 && !end
    show((before) => ({
      ...{ query, isOld, running: !end, done: end?.done, error: end?.error },
      hits: isOld ? before.hits : new Map(hits),
    }))
  }
  paint()
  const { kind: _, ...asked } = query
  try {
    for await (const line of stream<SearchLine>(address('/api/v1/search', { ...asked, limit: LIMIT }), {
      signal,
    })) {
      if (line.event === 'hit') {
        hits.set(line.cid, line)
        frame ??= requestAnimationFrame(() => paint())
      } else if (line.event === 'done') {
        paint({ done: line, error: undefined })
        lastSearch.set({ words: 'q' in asked ? asked.q : '', done: line, hits: [...hits.values()] })
        return
      } else throw new ApiError({ status: 200, code: line.code, detail: line.message })
    }
    throw new ApiError({ status: 0, code: 'UNREACHABLE', detail: 'The node stopped answering. Try again.' })
  } catch (error) {
    if (!isAbort(error) && !signal.aborted) paint({ done: undefined, error })
  }
}
