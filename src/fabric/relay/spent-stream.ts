import { type MessageStreamEvents, type Stream, TypedEventEmitter } from '@libp2p/interface'

/**
 * What is handed to libp2p's relay in place of a stream once the handshake is over: a stream at whose end both sides have arrived. Its `pipe`
 * between two of them is done at once, and so are its own timers; the real streams are joined by {@link Relayed}.
 */
class SpentStream extends TypedEventEmitter<MessageStreamEvents> {
  readonly log: Stream['log']
  readonly status = 'closed'
  readonly readStatus = 'closed'
  readonly writeStatus = 'closed'
  readonly writableNeedsDrain = false

  constructor({ log }: Stream) {
    super()
    this.log = log
  }

  override addEventListener(type: never, listener: never, options?: never): void {
    super.addEventListener(type, listener, options)
    if (type === 'remoteCloseWrite') queueMicrotask(() => this.safeDispatchEvent('remoteCloseWrite'))
  }

  send(): boolean {
    return true
  }

  async close(): Promise<void> {}

  /** libp2p ends connections by its own limits; they are not asked. */
  abort(): void {}
}

/** A stand-in for `stream`, which libp2p may do with as it likes. */
export function spent(stream: Stream): Stream {
  return new SpentStream(stream) as unknown as Stream
}
