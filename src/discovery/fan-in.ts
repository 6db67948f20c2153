import { BoundedQueue } from '../base/queue.ts'

/** What one of several streams did. */
export type FanInEvent<K, T> =
  | { readonly type: 'item'; readonly source: K; readonly item: T }
  | { readonly type: 'end'; readonly source: K }
  | { readonly type: 'error'; readonly source: K; readonly error: unknown }

/** Items that wait for the reader; when it is slow, the streams wait too. */
const QUEUE_CAPACITY = 64

/**
 * Reads several streams side by side and gives what comes as it comes; one that is slow or fails holds up no other.
 * Ends when all have ended, or, as soon as `signal` aborts, after what has come already. Streams that go on after the reader has
 * left are told by `return()`; they should listen to the same signal, since `return()` waits for a pending read.
 */
export async function* fanIn<K, T>(
  sources: ReadonlyMap<K, () => AsyncIterable<T>>,
  signal: AbortSignal,
): AsyncGenerator<FanInEvent<K, T>, void, undefined> {
  const queue = new BoundedQueue<FanInEvent<K, T>>(QUEUE_CAPACITY)
  const close = () => queue.close()
  if (signal.aborted) return
  signal.addEventListener('abort', close, { once: true })
  try {
    const pumps = [...sources].map(([source, open]) => pump(source, open, queue))
    void Promise.all(pumps).then(close)
    for await (const event of queue) yield event
  } finally {
    signal.removeEventListener('abort', close)
    queue.close()
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
