import type { Readable, Writable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { ShoalError, toShoalError } from '../base/errors.ts'
import { abortable } from '../base/signals.ts'
import { READ_AHEAD_MESSAGES } from './limits.ts'
import type { SendQueue } from './send-queue.ts'

/**
 * Sends every item of `source` as one message. Asks for the next item only while `queue` has room, so a
 * slow receiver slows the source down. When `signal` aborts, `source` is ended and the signal's reason is
 * thrown; what `source` or `encode` throw is thrown too. Messages may still wait in `queue` afterwards.
 */
export async function sendAll<T>(
  source: AsyncIterable<T>,
  queue: SendQueue,
  encode: (item: T) => Buffer,
  signal: AbortSignal,
): Promise<void> {
  const iterator = source[Symbol.asyncIterator]()
  let finished = false
  try {
    for (;;) {
      const { done, value } = await abortable(iterator.next(), signal)
      if (done) {
        finished = true
        return
      }
      queue.send(encode(value))
      await queue.room(signal)
    }
  } finally {
    // Not awaited: a source that is stuck must not hold up the end of its call.
    if (!finished) void endQuietly(iterator)
  }
}

async function endQuietly(iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.()
  } catch {
    // The call is over; the source's last words interest nobody.
  }
}

/**
 * Reads messages until the stream ends. Leaving early does not destroy the stream: a duplex call has
 * still to send its status. When `signal` aborts, its reason is thrown.
 */
export async function* receiveAll<T>(
  stream: Readable,
  decode: (message: Buffer) => T,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const messages = stream.iterator({ destroyOnReturn: false })
  try {
    for (;;) {
      const { done, value } = await abortable(messages.next(), signal)
      if (done) return
      yield decode(value)
    }
  } catch (error) {
    if (signal.aborted) throw reasonOf(signal)
    throw error
  } finally {
    void endQuietly(messages)
  }
}

/**
 * Sent as the last message of a request stream that is abandoned. It is no message of any type (protobuf
 * has no field 0), so no server takes the stream for a complete one. Needed because Node's HTTP/2 ends a
 * stream in good order before it resets it, and whoever reads the end first believes it:
 * https://github.com/grpc/grpc-node/issues/2583
 */
export const ABANDONED: Buffer = Buffer.of(0)

/**
 * Cancels a call whose requests may not all be sent, so that the other side cannot mistake it for a
 * complete one.
 */
export function abandon(call: Writable & { cancel(): void }): void {
  if (call.writableEnded || call.destroyed) {
    call.cancel()
    return
  }
  let cancelled = false
  const cancel = () => {
    if (!cancelled) call.cancel()
    cancelled = true
  }
  // A mark that has to wait behind other messages does as well: then the reset overtakes the end.
  call.write(ABANDONED, cancel)
  setImmediate(() => setImmediate(cancel))
}

/**
 * Resolves when what happened together with the end of a stream is known: a connection that breaks shows
 * as the end first and as a cancellation right after.
 */
export async function settle(): Promise<void> {
  await turn()
  await turn()
}

/** Why a signal aborted, as a ShoalError. */
export function reasonOf(signal: AbortSignal): ShoalError {
  return signal.reason instanceof ShoalError ? signal.reason : toShoalError(signal.reason, 'CANCELLED')
}

/**
 * Lowers how many messages a gRPC stream reads ahead to {@link READ_AHEAD_MESSAGES}. grpc-js offers no
 * option and takes Node's default of 16 objects, which are up to 64 MiB here. To be called before anything
 * is read.
 */
export function limitReadAhead(stream: Readable): void {
  const { _readableState: state } = stream as unknown as { _readableState?: { highWaterMark: number } }
  if (state) state.highWaterMark = READ_AHEAD_MESSAGES
}
