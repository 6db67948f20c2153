import type { Stream } from '@libp2p/interface'
import { ShoalError } from '../../base/errors.ts'
import { abortable } from '../../base/signals.ts'
import { decodeMessage, encodeMessage, MAX_MESSAGE_BYTES, type PunchMessage } from './message.ts'

/** Messages on a stream, one after the other. */
export class Talk {
  readonly #stream: Stream
  readonly #chunks: AsyncIterator<Uint8Array | { subarray(): Uint8Array }>
  #buffer = Buffer.alloc(0)

  constructor(stream: Stream) {
    this.#stream = stream
    this.#chunks = stream[Symbol.asyncIterator]()
  }

  say(message: PunchMessage): void {
    this.#stream.send(encodeMessage(message))
  }

  /** The next message, which has to be of this type. @throws ShoalError BAD_RESPONSE, UNAVAILABLE; the signal's reason */
  async hear<T extends PunchMessage['type']>(
    type: T,
    signal: AbortSignal,
  ): Promise<Extract<PunchMessage, { type: T }>> {
    for (;;) {
      const end = this.#buffer.indexOf('\n')
      if (end >= MAX_MESSAGE_BYTES || (end < 0 && this.#buffer.length >= MAX_MESSAGE_BYTES))
        throw new ShoalError('BAD_RESPONSE', 'A message is too long.')
      if (end >= 0) {
        const message = decodeMessage(this.#buffer.toString('utf8', 0, end))
        this.#buffer = this.#buffer.subarray(end + 1)
        if (message.type === type) return message as Extract<PunchMessage, { type: T }>
        throw new ShoalError('BAD_RESPONSE', `"${type}" was expected, and "${message.type}" came.`)
      }
      const { value, done } = await abortable(this.#chunks.next(), signal)
      if (done) throw new ShoalError('UNAVAILABLE', 'The other side gave up.')
      this.#buffer = Buffer.concat([this.#buffer, value.subarray()])
    }
  }
}
