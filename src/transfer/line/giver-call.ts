import { toShoalError } from '../../base/errors.ts'
import { abortable } from '../../base/signals.ts'
import type { GetBlocksRequest } from '../../contract/gen/shoal/v1/peer_pb.ts'
import type { Giver } from '../give/giver.ts'
import type { BlocksResponse } from './channel.ts'
import { type GiverWire, HEADROOM_BYTES } from './giver-wire.ts'

interface Outgoing {
  readonly message: BlocksResponse
  /** The message has been encoded: what it is made of may change. */
  readonly taken?: () => void
}

/** Answers a block line that came as a gRPC call. @throws what the client did wrong; the signal's reason */
export async function* giveByCall(
  requests: AsyncIterable<GetBlocksRequest>,
  signal: AbortSignal,
  giver: (wire: GiverWire, signal: AbortSignal) => Giver,
): AsyncGenerator<BlocksResponse> {
  const outgoing: Outgoing[] = []
  let wake = () => {}
  let over = false
  let error: unknown
  const push = (message: Outgoing) => {
    outgoing.push(message)
    wake()
  }
  const wire: GiverWire = {
    send: (message) => push({ message }),
    sendPart: ({ file, index, offset, buffer, length }) =>
      new Promise((resolve) => {
        const start = HEADROOM_BYTES + offset
        const data = buffer.subarray(start, start + length)
        push({
          message: { file, response: { case: 'block', value: { index, offset, data } } },
          taken: resolve,
        })
      }),
    sendChained: ({ file, index, offset, bytes, chaining }) =>
      new Promise((resolve) => {
        const value = { index, offset, data: bytes, chainingValue: chaining }
        push({ message: { file, response: { case: 'block', value } }, taken: resolve })
      }),
  }
  const answering = giver(wire, signal)
  void readRequests(requests, answering)
  answering
    .run()
    .catch((thrown: unknown) => {
      error = toShoalError(thrown)
    })
    .finally(() => {
      over = true
      wake()
    })
  try {
    for (;;) {
      const next = outgoing.shift()
      if (next) {
        yield next.message
        next.taken?.()
      } else if (over) break
      else {
        const { promise, resolve } = Promise.withResolvers<void>()
        wake = resolve
        await abortable(promise, signal)
      }
    }
  } finally {
    answering.end()
  }
  if (error !== undefined) throw error
}

/** Never rejects: what is wrong ends the giver. */
async function readRequests(requests: AsyncIterable<GetBlocksRequest>, answering: Giver): Promise<void> {
  try {
    for await (const request of requests) answering.take(request)
    answering.end()
  } catch (error) {
    answering.fail(error)
  }
}
