import type { Clock } from '../base/clock.ts'
import type { Emitter } from '../base/events.ts'

export interface WaitOptions {
  readonly clock: Clock
  /** Waits no longer than this, ms. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** Resolves at the first event that `isWanted`, or after the time; rejects with the signal's reason when it aborts. */
export function waitFor<T>(
  events: Emitter<T>,
  isWanted: (event: T) => boolean,
  { clock, timeoutMs, signal }: WaitOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const end = (settle: () => void) => {
      timer.cancel()
      off()
      signal?.removeEventListener('abort', onAbort)
      settle()
    }
    const onAbort = () => end(() => reject(signal!.reason))
    const timer = clock.schedule(() => end(resolve), timeoutMs)
    const off = events.on((event) => {
      if (isWanted(event)) end(resolve)
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
