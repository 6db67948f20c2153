import { BoundedQueue } from '../base/queue.ts'
import { linkSignals } from '../base/signals.ts'

/** What one of several streams did. */
export type FanInEvent<K, T> =
  | { readonly type: 'item'; readonly source: K; readonly item: T }
  | { readonly type: 'end'; readonly source: K }
  | { readonly type: 'error'; readonly source: K; readonly error: unknown }

/** Items that wait for the reader; when it is slow, the streams wait too. */
const QUEUE_CAPACITY = 64

/**
 * Reads several streams side by side and gives what comes as it comes; one that is slow or fails holds up no other.
 * Ends when all have ended, or, as soon as `parent` aborts, after what has come already. Each stream is opened with a signal that aborts
 * with `parent`, and when the reader leaves; `onLeft` is handed the end of all streams then,
 * and waited for.
 */
export async function* fanIn<K, T>(
  sources: ReadonlyMap<K, (signal: AbortSignal) => AsyncIterable<T>>,
  parent: AbortSignal,
  onLeft?: (ended: Promise<unknown>) => Promise<void>,
): AsyncGenerator<FanInEvent<K, T>, void, undefined> {
  if (parent.aborted) return
  const queue = new BoundedQueue<FanInEvent<K, T>>(QUEUE_CAPACITY)
  const close = () => queue.close()
  using life = linkSignals(parent)
  life.signal.addEventListener('abort', close, { once: true })
  const pumps = [...sources].map(([source, open]) => pump(source, () => open(life.signal), queue))
  const ended = Promise.all(pumps)
  void ended.then(close)
  try {
    for await (const event of queue) yield event
  } finally {
    life.abort()
    if (!parent.aborted) await onLeft?.(ended)
  }
}

async function pump<K, T>(
  source: K,
  open: () => AsyncIterable<T>,
  queue: BoundedQueue<FanInEvent<K, T>>,
): Promise<void> {
  try {
    for await (const item of open()) {
      if (!(await queue.push({ type: 'item', source, item }))) return
    }
    await queue.push({ type: 'end', source })
  } catch (error) {
    await queue.push({ type: 'error', source, error })
  }
}
