import { call } from '../api/client.ts'
import { ApiError } from '../api/errors.ts'
import { linesOf } from '../api/lines.ts'
import { eventsOf } from '../api/server-events.ts'
import { Store } from './store.ts'
import { token } from './token.ts'

/** Whether the node is heard: it tells what happens as it happens. */
export const connection = new Store<'connecting' | 'open' | 'lost'>('connecting')

/** Waits between attempts, ms: the first is for a node that is started anew, the last for one that is gone. */
const RETRY_MS = [500, 1000, 2000, 5000, 10_000]

type Listener = (data: unknown) => void
const listeners = new Map<string, Set<Listener>>()

/** Calls `listener` with the data of each event of that name, and with undefined when some may have been missed. @returns ends it */
export function onEvent(name: string, listener: Listener): () => void {
  const set = listeners.get(name) ?? new Set()
  listeners.set(name, set.add(listener))
  return () => set.delete(listener)
}

function emit(name: string, data: unknown): void {
  for (const listener of [...(listeners.get(name) ?? [])]) listener(data)
}

/** Something may have been missed: everybody asks again. */
function emitReset(): void {
  for (const name of listeners.keys()) emit(name, undefined)
}

let lastId: string | undefined

/**
 * Listens to the node until the page goes away. A page that nobody looks at lets go: browsers open only six connections to one server, over all
 * tabs, and what was missed comes when it is looked at again.
 */
export async function listen(): Promise<never> {
  for (let failures = 0; ; ) {
    await visible()
    const life = new AbortController()
    const onHidden = () => document.hidden && life.abort()
    document.addEventListener('visibilitychange', onHidden)
    const unfollow = token.subscribe(() => life.abort())
    try {
      await hear(life.signal, () => {
        failures = 0
      })
    } catch (error) {
      if (!life.signal.aborted) {
        connection.set(error instanceof ApiError && error.status > 0 ? 'open' : 'lost')
        await pause(RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]!)
      }
    } finally {
      document.removeEventListener('visibilitychange', onHidden)
      unfollow()
    }
  }
}

async function hear(signal: AbortSignal, onOpen: () => void): Promise<void> {
  const headers: Record<string, string> = lastId === undefined ? {} : { 'last-event-id': lastId }
  const response = await call('/api/v1/events', { signal, headers })
  const wasLost = connection.get() === 'lost'
  connection.set('open')
  onOpen()
  if (wasLost) emitReset()
  for await (const { id, event, data } of eventsOf(linesOf(response.body!))) {
    lastId = id ?? lastId
    if (event === 'reset') emitReset()
    else emit(event, JSON.parse(data))
  }
  throw new Error('the stream ended')
}

function visible(): Promise<void> {
  if (!document.hidden) return Promise.resolve()
  return new Promise((resolve) => {
    document.addEventListener('visibilitychange', () => resolve(), { once: true })
  })
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
