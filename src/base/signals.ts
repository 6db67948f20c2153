import type { Clock } from './clock.ts'
import { ShoalError } from './errors.ts'

/** A signal of its own that also aborts with any of `parents`. `dispose` lets go of the parents. */
export interface LinkedSignal extends Disposable {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
}

/** `AbortSignal.any` that can be let go: listeners on long-lived parents would otherwise pile up. */
export function linkSignals(...parents: (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController()
  const given = parents.filter((parent) => parent !== undefined)
  const onAbort = (event: Event) => controller.abort((event.target as AbortSignal).reason)
  for (const parent of given) {
    if (parent.aborted) controller.abort(parent.reason)
    parent.addEventListener('abort', onAbort, { once: true })
  }
  const release = () => {
    for (const parent of given) parent.removeEventListener('abort', onAbort)
  }
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason ?? new ShoalError('CANCELLED')),
    [Symbol.dispose]: release,
  }
}

/** Like {@link linkSignals}, and aborts with TIMED_OUT after `ms` on `clock`. */
export function withDeadline(
  clock: Clock,
  ms: number,
  ...parents: (AbortSignal | undefined)[]
): LinkedSignal {
  const linked = linkSignals(...parents)
  const timer = clock.schedule(
    () => linked.abort(new ShoalError('TIMED_OUT', `No answer within ${ms} ms.`)),
    ms,
  )
  return {
    signal: linked.signal,
    abort: linked.abort,
    [Symbol.dispose]() {
      timer.cancel()
      linked[Symbol.dispose]()
    },
  }
}

/** Settles like `promise`, or rejects with the signal's reason as soon as it aborts. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  if (signal.aborted) {
    // Nobody waits for it any more, so a failure of it is nobody's.
    promise.catch(() => {})
    throw signal.reason
  }
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
