import type { Clock } from '../../base/clock.ts'

/** A value that is made when it is asked for and is older than so long. */
export function fresh<T>(clock: Clock, ms: number, make: () => T): () => T {
  let made: { readonly value: T; readonly atMs: number } | undefined
  return () => {
    const nowMs = clock.monotonic()
    if (!made || nowMs - made.atMs >= ms) made = { value: make(), atMs: nowMs }
    return made.value
  }
}
