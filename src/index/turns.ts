import { ShoalError } from '../base/errors.ts'
import { Limiter } from '../base/limiter.ts'
import { type LinkedSignal, linkSignals } from '../base/signals.ts'

/** Publications of one peer that may wait behind the one that runs. */
const MAX_WAITING = 16

interface Line {
  readonly limiter: Limiter
  readonly all: Set<LinkedSignal>
}

/**
 * Lets the publications and withdrawals of each peer happen one after the other, so that the revision that each of them leaves
 * is true. One that replaces everything does not wait for those before it: they are stopped, for what they say is
 * old. That is also how a peer that lost its connection gets past what that left behind.
 */
export class Turns {
  readonly #lines = new Map<string, Line>()

  /**
   * Runs `work` when it is its turn. Its signal aborts with `signal`, and with CONFLICT when it is superseded or {@link stop} is called.
   *
   * @throws ShoalError BUSY when too many wait already; CONFLICT when stopped while waiting
   */
  async *run<T>(
    peerId: string,
    { supersede, signal }: { supersede: boolean; signal: AbortSignal },
    work: (signal: AbortSignal) => AsyncIterable<T>,
  ): AsyncGenerator<T> {
    if (supersede) this.stop(peerId, 'A newer publication takes the place of this one.')
    const line = this.#lines.get(peerId) ?? { limiter: new Limiter(1), all: new Set() }
    if (line.limiter.waiting >= MAX_WAITING)
      throw new ShoalError('BUSY', 'Too many publications of this peer at once.')
    this.#lines.set(peerId, line)
    using own = linkSignals(signal)
    line.all.add(own)
    try {
      const leave = await enter(line.limiter, own.signal)
      try {
        yield* work(own.signal)
      } finally {
        leave()
      }
    } finally {
      line.all.delete(own)
      if (line.all.size === 0) this.#lines.delete(peerId)
    }
  }

  /** Stops what a peer has under way. */
  stop(peerId: string, reason: string): void {
    for (const running of this.#lines.get(peerId)?.all ?? [])
      running.abort(new ShoalError('CONFLICT', reason))
  }

  get running(): number {
    return this.#lines.size
  }
}

/** Holds the only place until the returned function is called. */
async function enter(limiter: Limiter, signal: AbortSignal): Promise<() => void> {
  const entered = Promise.withResolvers<void>()
  const left = Promise.withResolvers<void>()
  limiter
    .run(() => {
      entered.resolve()
      return left.promise
    }, signal)
    .catch(entered.reject)
  await entered.promise
  return () => left.resolve()
}
