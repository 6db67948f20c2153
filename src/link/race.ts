import type { Clock, Timer } from '../base/clock.ts'
import { ShoalError, toShoalError } from '../base/errors.ts'
import { linkSignals } from '../base/signals.ts'

/** How {@link race} runs. */
export interface RaceOptions<C> {
  clock: Clock
  /** ms after which the next candidate is tried beside those that are still trying; it is handed in. */
  nextAfterMs: (next: C) => number
  signal: AbortSignal
}

/**
 * Tries candidates in order, the next one as soon as one fails or after its `nextAfterMs` (Happy Eyeballs,
 * RFC 8305 section 5). The first that succeeds wins; the others are aborted, and a late winner is given to
 * `discard`. When all fail, throws the error that says most.
 */
export async function race<C, T>(
  candidates: readonly C[],
  attempt: (candidate: C, signal: AbortSignal) => Promise<T>,
  discard: (late: T) => void,
  options: RaceOptions<C>,
): Promise<T> {
  using others = linkSignals(options.signal)
  const errors: ShoalError[] = []
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  let timer: Timer | undefined
  let next = 0
  let decided = false
  const decide = (settle: () => void) => {
    decided = true
    timer?.cancel()
    settle()
  }
  const tryNext = () => {
    timer?.cancel()
    if (decided || next >= candidates.length) return
    const candidate = candidates[next++]!
    const after = candidates[next]
    if (after !== undefined) timer = options.clock.schedule(tryNext, options.nextAfterMs(after))
    attempt(candidate, others.signal).then(
      (won) => (decided ? discard(won) : decide(() => resolve(won))),
      (error) => {
        errors.push(toShoalError(error, 'UNAVAILABLE'))
        if (decided) return
        if (errors.length === candidates.length) decide(() => reject(mostTelling(errors)))
        else tryNext()
      },
    )
  }
  if (candidates.length === 0) throw new ShoalError('UNAVAILABLE', 'No address of this peer is known.')
  tryNext()
  try {
    return await promise
  } finally {
    others.abort()
  }
}

/** Somebody who answered and was refused says more than an address where nobody is. */
export function mostTelling(errors: readonly ShoalError[]): ShoalError {
  for (const code of ['WRONG_IDENTITY', 'UNAUTHENTICATED'] as const) {
    const found = errors.find((error) => error.code === code)
    if (found) return found
  }
  return errors[0]!
}
