import { abortable } from '../base/signals.ts'

/** A reader of something that changes: it gets the newest value, however many it missed. Holds one value. */
export interface LatestReader<T> {
  /** The newest value not read yet, as soon as there is one. @throws the signal's reason */
  next(signal: AbortSignal): Promise<T>
  close(): void
}

/** @param subscribe starts listening; its result ends that */
export function latest<T>(subscribe: (give: (value: T) => void) => () => void): LatestReader<T> {
  let waiting: { value: T } | undefined
  let wake: (() => void) | undefined
  const off = subscribe((value) => {
    waiting = { value }
    wake?.()
  })
  return {
    async next(signal) {
      while (!waiting) {
        const { promise, resolve } = Promise.withResolvers<void>()
        wake = resolve
        await abortable(promise, signal)
      }
      const { value } = waiting
      waiting = undefined
      return value
    },
    close: off,
  }
}
