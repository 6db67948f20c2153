import { ShoalError, toShoalError } from '../../base/errors.ts'
import { linkSignals } from '../../base/signals.ts'
import { CHAINING_BYTES } from '../../content/block-chain.ts'
import type { BlockData } from '../../contract/gen/shoal/v1/peer_pb.ts'
import type { Road } from '../../link/roads.ts'
import type { PeerClient } from '../ports.ts'
import { SourceFault } from '../source-fault.ts'
import type { BlocksRequest, TakerWire, WireListener } from './channel.ts'

/** A line as a gRPC call, for peers that do not speak the faster framing. Begins when something is sent. */
export function callWire(client: PeerClient, listener: WireListener): TakerWire {
  const linked = linkSignals()
  const requests = new Requests()
  let paused: PromiseWithResolvers<void> | undefined
  let started = false
  /** The road that the call took: it stays on it when the peer can be reached by a better one. */
  let road: Road | undefined
  const run = async () => {
    try {
      const responses = client.getBlocks(requests.all(), { signal: linked.signal })
      for await (const response of responses) {
        linked.signal.throwIfAborted()
        road ??= client.road?.()
        const { file, response: said } = response
        if (said.case === 'block') pour(listener, file, said.value)
        else listener.message(response)
        while (paused && !linked.signal.aborted) await paused.promise
      }
      throw new ShoalError('UNAVAILABLE', 'it ended the stream')
    } catch (error) {
      listener.ended(endedByPeer(linked.signal.aborted ? linked.signal.reason : error))
    } finally {
      linked.abort()
      requests.close()
    }
  }
  return {
    get road() {
      return road
    },
    get address() {
      return client.remoteAddress() ?? ''
    },
    send: (added) => {
      requests.push(added)
      if (started) return
      started = true
      void run()
    },
    pause: () => {
      paused ??= Promise.withResolvers<void>()
    },
    resume: () => {
      paused?.resolve()
      paused = undefined
    },
    close: () => {
      requests.close()
      linked.abort()
      paused?.resolve()
    },
  }
}

/** Hands on block data that came as a whole. @throws SourceFault for a part without bytes */
function pour(listener: WireListener, file: number, { index, offset, data, chainingValue }: BlockData): void {
  if (data.length === 0) throw new SourceFault('BAD_RESPONSE', `empty part of block ${index}`)
  const chaining = chainingValue.length === CHAINING_BYTES ? chainingValue : undefined
  for (let at = 0; at < data.length; ) {
    const room = listener.place(file, index, offset + at, data.length - at, chaining)
    room.set(data.subarray(at, at + room.length))
    listener.placed(room.length)
    at += room.length
  }
}

/** What ended a stream that this side did not end. A peer that says CANCELLED has gone; here the word means that we have. */
export function endedByPeer(thrown: unknown): ShoalError {
  const error = toShoalError(thrown, 'UNAVAILABLE')
  if (error.code !== 'CANCELLED') return error
  return new ShoalError('UNAVAILABLE', 'it ended the stream', { cause: error })
}

/** Requests that wait to be read by the call. */
class Requests {
  #waiting: BlocksRequest[] = []
  #wake: (() => void) | undefined
  #closed = false

  push(requests: readonly BlocksRequest[]): void {
    this.#waiting.push(...requests)
    this.#wake?.()
  }

  close(): void {
    this.#closed = true
    this.#wake?.()
  }

  async *all(): AsyncGenerator<BlocksRequest> {
    while (!this.#closed) {
      const next = this.#waiting.shift()
      if (next) yield next
      else {
        const { promise, resolve } = Promise.withResolvers<void>()
        this.#wake = resolve
        await promise
      }
    }
  }
}
