import type { Clock } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { linkSignals } from '../../base/signals.ts'

export interface AckedOptions {
  /** Batches that may be on their way without an answer. */
  readonly window: number
  /** The call is given up when no answer comes for this long while one is due, ms. */
  readonly stallMs: number
  readonly clock: Clock
  readonly signal: AbortSignal
}

/**
 * A call in which each request is answered by one acknowledgement: sends at most `window` requests ahead of the answers, so that
 * the other side's speed is the sender's. Gives the acknowledgements; ends when every request has its own. Throws TIMED_OUT
 * when they stop coming, BAD_RESPONSE when there are more or fewer of them than requests.
 */
export async function* ackedStream<Request, Ack>(
  call: (requests: AsyncIterable<Request>, signal: AbortSignal) => AsyncIterable<Ack>,
  requests: Iterable<Request>,
  { window, stallMs, clock, signal }: AckedOptions,
): AsyncGenerator<Ack, void, undefined> {
  let sent = 0
  let acked = 0
  let isSending = true
  let wake: () => void = () => {}
  const life = linkSignals(signal)
  let stall = { cancel() {} }
  const watch = () => {
    stall.cancel()
    if (sent > acked) {
      stall = clock.schedule(
        () => life.abort(new ShoalError('TIMED_OUT', `No acknowledgement within ${stallMs} ms.`)),
        stallMs,
      )
    }
  }
  async function* paced() {
    for (const request of requests) {
      while (sent - acked >= window && !life.signal.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      if (life.signal.aborted) return
      sent++
      if (sent - acked === 1) watch()
      yield request
    }
    isSending = false
  }
  const onAbort = () => wake()
  life.signal.addEventListener('abort', onAbort)
  try {
    for await (const ack of call(paced(), life.signal)) {
      if (++acked > sent)
        throw new ShoalError('BAD_RESPONSE', 'More acknowledgements came than batches were sent.')
      watch()
      wake()
      yield ack
    }
    if (isSending || acked < sent) {
      throw new ShoalError('BAD_RESPONSE', `The stream ended after ${acked} of ${sent} acknowledgements.`)
    }
  } catch (error) {
    life.signal.throwIfAborted()
    throw error
  } finally {
    stall.cancel()
    life.abort()
    life.signal.removeEventListener('abort', onAbort)
    life[Symbol.dispose]()
  }
}
