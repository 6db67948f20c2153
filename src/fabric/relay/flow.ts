import type { Stream } from '@libp2p/interface'
import { MIB } from '../../base/units.ts'
import { type Chunk, ChunkQueue } from './chunk-queue.ts'
import type { RateTicket } from './rate-share.ts'

/** Above this a stream is not read any more, and below the other it is read again. */
const HIGH_BYTES = MIB
const LOW_BYTES = 256 * 1024

export interface FlowSetup {
  readonly from: Stream
  readonly to: Stream
  readonly ticket: RateTicket
  /** Bytes of `wanted` that the limits allow. 0: the connection is being ended. */
  readonly allow: (wanted: number) => number
  readonly onPassed: (bytes: number) => void
  /** This direction is over: `to` has been told that no more comes, or has left in an orderly way. */
  readonly onEnd: () => void
  /** A stream broke off, or cannot be written to. */
  readonly onBroken: (error: Error) => void
}

/**
 * One direction of a relayed connection: reads `from` and writes `to`, and stops reading while the other side is slow. libp2p's own `pipe`
 * reads as fast as it can and so keeps a file in memory.
 */
export class Flow {
  readonly #setup: FlowSetup
  readonly #queue = new ChunkQueue()
  readonly #off: (() => void)[] = []
  #resuming = false
  #ended = false
  #over = false

  constructor(setup: FlowSetup) {
    this.#setup = setup
  }

  /** Begins; what `from` has received since the handshake comes first. */
  start(): void {
    const { from, to } = this.#setup
    this.#on(from, 'message', (event) => this.#arrived((event as unknown as { data: Chunk }).data))
    this.#on(from, 'end', () => {
      // An abort or a reset says so before it says that it is one: that is not the sender's last word.
      if (from.status !== 'aborted' && from.status !== 'reset') this.#lastByte()
    })
    this.#on(from, 'close', (event) => this.#closed((event as { error?: Error }).error))
    this.#on(to, 'drain', () => this.pump())
    // It is said in the midst of sending, when what is sent now would be left lying.
    this.#on(to, 'idle', () => queueMicrotask(() => this.pump()))
    this.#on(to, 'close', (event) => this.#receiverGone((event as { error?: Error }).error))
    if (from.status === 'open' && !from.readableEnded) return
    if (from.status === 'aborted' || from.status === 'reset') this.#broken(new Error('the stream is gone'))
    else if (from.readBufferLength === 0) this.#lastByte()
  }

  /** Bytes that were read and are not yet under way to the receiver, or were received and not read. */
  get waitingBytes(): number {
    return this.#unsentBytes + (this.#over ? 0 : this.#setup.from.readBufferLength)
  }

  /** Passes on as much as the limits, the rates and the receiver take. */
  pump(): void {
    if (this.#over) return
    const { to, ticket, allow, onPassed } = this.#setup
    while (!this.#over && this.#queue.bytes > 0 && !to.writableNeedsDrain) {
      const allowed = allow(this.#queue.headBytes)
      if (allowed === 0) return
      const bytes = ticket.take(allowed)
      if (bytes === 0) break
      const chunk = this.#queue.take(bytes)!
      onPassed(chunk.byteLength)
      try {
        to.send(chunk)
      } catch (error) {
        this.#broken(error as Error)
      }
    }
    this.#hold()
    if (this.#ended && this.#queue.bytes === 0) void this.#finish()
  }

  /** Lets go of both streams; they are not closed. */
  stop(): void {
    this.#over = true
    this.#queue.clear()
    this.#setup.ticket.leave()
    for (const off of this.#off.splice(0)) off()
  }

  get #unsentBytes(): number {
    return this.#queue.bytes + this.#setup.to.writeBufferLength
  }

  #arrived(chunk: Chunk): void {
    this.#queue.push(chunk)
    this.pump()
  }

  /** Reads on or pauses, by what waits. */
  #hold(): void {
    const { from } = this.#setup
    // While `resume` hands over what has waited, a pause would be lost: it ends by opening the window again.
    if (this.#over || this.#resuming) return
    if (from.readStatus === 'readable' && this.#unsentBytes >= HIGH_BYTES) from.pause()
    else if (from.readStatus === 'paused' && this.#unsentBytes <= LOW_BYTES) {
      this.#resuming = true
      try {
        from.resume()
      } catch {
        // The connection has gone; what had waited was handed over before.
      } finally {
        this.#resuming = false
      }
      this.#hold()
    }
  }

  #lastByte(): void {
    this.#ended = true
    this.pump()
  }

  #closed(error: Error | undefined): void {
    const { from } = this.#setup
    if (error || from.status === 'aborted' || from.status === 'reset')
      this.#broken(error ?? new Error('the stream was reset'))
    // Closed in an orderly way; what waits in a paused stream still comes, and its end with it.
    else if (from.readBufferLength === 0) this.#lastByte()
  }

  /** What the receiver had sent before may still be under way to the sender, so this is no reason to end the other direction. */
  #receiverGone(error: Error | undefined): void {
    if (error) this.#broken(error)
    else if (!this.#over) {
      this.stop()
      this.#setup.onEnd()
    }
  }

  async #finish(): Promise<void> {
    const { to, onEnd } = this.#setup
    if (this.#over) return
    this.stop()
    try {
      await to.close()
      onEnd()
    } catch (error) {
      this.#setup.onBroken(error as Error)
    }
  }

  #broken(error: Error): void {
    if (this.#over) return
    this.stop()
    this.#setup.onBroken(error)
  }

  #on(
    stream: Stream,
    type: 'message' | 'end' | 'close' | 'drain' | 'idle',
    listener: (event: Event) => void,
  ) {
    stream.addEventListener(type, listener as never)
    this.#off.push(() => stream.removeEventListener(type, listener as never))
  }
}
