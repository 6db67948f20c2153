import type { Writable } from 'node:stream'
import { abortable } from '../base/signals.ts'
import { WRITE_AHEAD_BYTES, WRITE_AHEAD_MESSAGES } from './limits.ts'

/** The messages of one stream that HTTP/2 has not taken yet. The only writer of its stream. */
export class SendQueue {
  readonly #sink: Writable
  #bytes = 0
  #messages = 0
  #changed = Promise.withResolvers<void>()

  /** Of a stream that nothing was written to so far. */
  constructor(sink: Writable) {
    this.#sink = sink
    // What is in the hands of grpc-js when a call is cancelled is never reported as sent.
    sink.once('close', () => this.#wake())
  }

  /** Adds a message. To be followed by {@link room}. */
  send(message: Buffer): void {
    this.#bytes += message.length
    this.#messages++
    this.#sink.write(message, () => {
      this.#bytes -= message.length
      this.#messages--
      this.#wake()
    })
  }

  /**
   * Resolves when less than {@link WRITE_AHEAD_BYTES} and {@link WRITE_AHEAD_MESSAGES} wait. Throws the
   * reason of `signal` when it aborts first.
   */
  async room(signal: AbortSignal): Promise<void> {
    while (this.#bytes >= WRITE_AHEAD_BYTES || this.#messages >= WRITE_AHEAD_MESSAGES)
      await abortable(this.#changed.promise, signal)
  }

  /** Resolves when no message waits any more, or none can be sent because the stream is destroyed. */
  async flushed(): Promise<void> {
    while (this.#messages > 0 && !this.#sink.destroyed) await this.#changed.promise
  }

  #wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}
