import { useCallback, useEffect, useRef, useState } from 'react'
import { address, ask } from '../../api/client.ts'
import { isAbort } from '../../api/errors.ts'
import type { LibraryPage } from '../../api/types.ts'
import { onEvent } from '../../state/live.ts'
import { type Loaded, withPage } from './pages.ts'

const PAGE = 200

/** A library that changes tells so in swarms, ms. */
const CHANGE_DELAY_MS = 400

export interface Files {
  readonly loaded: Loaded | undefined
  readonly error: unknown
  /** It has changed since, and is not loaded anew by itself: somebody has scrolled far into it. */
  readonly isOld: boolean
  /** Loads the next page, if there is one and it is not on its way. */
  readonly more: () => void
  /** Loads it anew, from the beginning. */
  readonly refresh: () => void
}

/** The files of the library that have the words, page by page. */
export function useFiles(words: string): Files {
  const [state, setState] = useState<{ words: string; loaded: Loaded | undefined; error: unknown }>()
  const [isOld, setOld] = useState(false)
  const [turn, setTurn] = useState(0)
  const next = useRef<() => void>(() => undefined)
  const pages = useRef(0)

  // biome-ignore lint/correctness/useExhaustiveDependencies: begins anew at each turn
  useEffect(() => {
    const life = new AbortController()
    let loaded: Loaded | undefined
    let busy = false
    pages.current = 0
    async function load(): Promise<void> {
      if (busy || (loaded && loaded.cursor === undefined)) return
      busy = true
      try {
        const query = { limit: PAGE, q: words, cursor: loaded?.cursor }
        const page = await ask<LibraryPage>(address('/api/v1/library', query), { signal: life.signal })
        loaded = withPage(loaded, page)
        pages.current++
        setState({ words, loaded, error: undefined })
      } catch (error) {
        if (!isAbort(error)) setState({ words, loaded, error })
      } finally {
        busy = false
      }
    }
    next.current = () => void load()
    setOld(false)
    void load()
    return () => life.abort()
  }, [words, turn])

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const unlisten = onEvent('library', () => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        // Whoever is still at the beginning gets the new list; others keep their place.
        if (pages.current <= 1 && window.scrollY < window.innerHeight) setTurn((before) => before + 1)
        else setOld(true)
      }, CHANGE_DELAY_MS)
    })
    return () => {
      clearTimeout(timer)
      unlisten()
    }
  }, [])

  const more = useCallback(() => next.current(), [])
  const refresh = useCallback(() => setTurn((before) => before + 1), [])
  const current = state?.words === words ? state : undefined
  return { loaded: current?.loaded, error: current?.error, isOld, more, refresh }
}
