import { useEffect, useState } from 'react'
import { address, stream } from '../api/client.ts'
import { ApiError, isAbort } from '../api/errors.ts'
import type { Provider, SearchHit, SearchLine } from '../api/types.ts'

export interface Holders {
  /** What is known of it; undefined before somebody who has it was found. */
  readonly hit: SearchHit | undefined
  readonly providers: readonly Provider[]
  readonly running: boolean
  readonly error: unknown
}

const NOBODY: Holders = { hit: undefined, providers: [], running: true, error: undefined }

/** Asks the network who has `cid`; nobody is asked while it is undefined. */
export function useHolders(cid: string | undefined): Holders {
  const [state, setState] = useState(NOBODY)
  useEffect(() => {
    setState(NOBODY)
    if (cid === undefined) return
    const life = new AbortController()
    find(cid, life.signal, (hit) => setState({ ...NOBODY, hit, providers: hit.providers })).then(
      () => setState((before) => ({ ...before, running: false })),
      (error) => !isAbort(error) && setState((before) => ({ ...before, running: false, error })),
    )
    return () => life.abort()
  }, [cid])
  return state
}

async function find(cid: string, signal: AbortSignal, show: (hit: SearchHit) => void): Promise<void> {
  for await (const line of stream<SearchLine>(address('/api/v1/search', { cid }), { signal })) {
    if (line.event === 'hit') show(line)
    else if (line.event === 'error')
      throw new ApiError({ status: 200, code: line.code, detail: line.message })
  }
}
