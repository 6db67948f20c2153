import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { ask } from '../api/client.ts'
import { isAbort } from '../api/errors.ts'
import { onEvent } from './live.ts'
import type { Store } from './store.ts'
import { token } from './token.ts'

/** The value of a store, followed. */
export function useStore<T>(store: Pick<Store<T>, 'get' | 'subscribe'>): T {
  return useSyncExternalStore(store.subscribe, store.get)
}

/** Whether this page may change things. */
export const useSignedIn = (): boolean => useStore(token) !== null

export interface Asked<T> {
  /** The last good answer; undefined before there is one. */
  readonly data: T | undefined
  /** Why the last question failed; undefined when it did not. */
  readonly error: unknown
  /** Asks again at once. */
  readonly refresh: () => void
}

export interface AskOptions {
  /** Ask again after so long, ms; undefined = only when something happens. */
  everyMs?: number
  /** Names of the node's events upon which to ask again. */
  on?: readonly string[]
  /** Do not ask. */
  off?: boolean
}

/** Events often come in swarms; one question answers them all. */
const EVENT_DELAY_MS = 150

/** What the node answers at `path`, asked again as told while the page is looked at. */
export function useAsk<T>(path: string, { everyMs, on = [], off = false }: AskOptions = {}): Asked<T> {
  const [state, setState] = useState<{ path: string; data: T | undefined; error: unknown }>()
  const [turn, setTurn] = useState(0)
  const signedIn = useSignedIn()
  const events = on.join(' ')
  // biome-ignore lint/correctness/useExhaustiveDependencies: asks again at each turn, and when the token changes
  useEffect(() => {
    if (off) return
    const life = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const again = (ms: number) => {
      clearTimeout(timer)
      timer = setTimeout(run, ms)
    }
    async function run(): Promise<void> {
      if (document.hidden) return
      try {
        const data = await ask<T>(path, { signal: life.signal })
        setState({ path, data, error: undefined })
      } catch (error) {
        if (isAbort(error)) return
        setState((before) => ({ path, data: before?.path === path ? before.data : undefined, error }))
      }
      if (everyMs !== undefined && !life.signal.aborted) again(everyMs)
    }
    const onVisible = () => !document.hidden && run()
    const unlisten =
      events === '' ? [] : events.split(' ').map((name) => onEvent(name, () => again(EVENT_DELAY_MS)))
    document.addEventListener('visibilitychange', onVisible)
    run()
    return () => {
      life.abort()
      clearTimeout(timer)
      for (const end of unlisten) end()
      document.removeEventListener('visibilitychange', onVisible)
    }
  }, [path, everyMs, events, off, turn, signedIn])
  const current = state?.path === path ? state : undefined
  return { data: current?.data, error: current?.error, refresh: () => setTurn((before) => before + 1) }
}

/** Does something that changes the node; tells whether it is under way, and why it failed. */
export function useAction<A extends unknown[]>(act: (...args: A) => Promise<void>) {
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: undefined })
  const wanted = useRef(true)
  useEffect(() => {
    wanted.current = true
    return () => {
      wanted.current = false
    }
  }, [])
  async function run(...args: A): Promise<void> {
    setState({ busy: true, error: undefined })
    try {
      await act(...args)
      if (wanted.current) setState({ busy: false, error: undefined })
    } catch (error) {
      if (wanted.current) setState({ busy: false, error: isAbort(error) ? undefined : error })
    }
  }
  return { ...state, run, clear: () => setState({ busy: false, error: undefined }) }
}
