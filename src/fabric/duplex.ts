import { Duplex } from 'node:stream'
import type { Stream } from '@libp2p/interface'
import { ShoalError } from '../base/errors.ts'

type Incoming = Uint8Array | { subarray(): Uint8Array }
type Done = (error?: Error | null) => void

/** A write is over when no more than this waits in the stream, bytes. */
const LOW_BYTES = 256 * 1024

/**
 * A libp2p stream as one of Node's, with back-pressure both ways: while nobody reads, the stream is paused, and a write is over when the
 * stream wants more. Destroying it resets the stream.
 */
export function streamToDuplex(stream: Stream): Duplex {
  const duplex = new StreamDuplex(stream)
  // Whoever uses it hears of the end by its own listeners; an error that comes before them must not end the process.
  duplex.on('error', () => {})
  return duplex
}

class StreamDuplex extends Duplex {
  readonly #stream: Stream
  /** A write that waits for the stream. `onDrain()` of libp2p would not do: it waits only once in a stream's life (@libp2p/utils 7.4). */
  #writing: Done | undefined
  /** Node's HTTP/2 ends the process (an assertion in OnDataChunkReceived) when data comes while it writes, so what comes then waits. */
  #isSending = false
  readonly #early: Uint8Array[] = []
  #isResuming = false
  /** Of what came last, that it was enough for now. */
  #isFull = false
  #isEnded = false

  constructor(stream: Stream) {
    super({ allowHalfOpen: true })
    this.#stream = stream
    const look = () => setImmediate(() => this.#drained())
    stream.addEventListener('drain', look)
    stream.addEventListener('idle', look)
    stream.addEventListener('message', ({ data }: { data: Incoming }) => {
      // A list of pieces becomes one buffer only here.
      const bytes = data.subarray()
      if (this.#isSending || this.#early.length > 0) this.#early.push(bytes)
      else this.#receive(bytes)
    })
    stream.addEventListener('end', () => this.#end())
    stream.addEventListener('close', (event) => this.#closed((event as { error?: Error }).error))
    if (stream.readableEnded) this.#end()
  }

  override _read(): void {
    const stream = this.#stream
    if (stream.readStatus !== 'paused' || this.#isResuming) return
    // What has waited comes within `resume`; to pause there would be lost, for it ends by asking for more.
    this.#isResuming = true
    this.#isFull = false
    try {
      stream.resume()
    } finally {
      this.#isResuming = false
    }
    // Not by what waits in here: who reads takes that too, and does not call again before something new has come.
    if (this.#isFull) this.#pause()
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: Done): void {
    const stream = this.#stream
    this.#isSending = true
    try {
      stream.send(chunk)
    } catch (error) {
      done(error as Error)
      return
    } finally {
      this.#isSending = false
      if (this.#early.length > 0) setImmediate(() => this.#receiveEarly())
    }
    if (stream.writableNeedsDrain) this.#writing = done
    else done()
  }

  override _final(done: Done): void {
    this.#stream.close().then(() => done(), done)
  }

  override _destroy(error: Error | null, done: Done): void {
    const stream = this.#stream
    if (stream.status === 'open') stream.abort(error ?? new ShoalError('CANCELLED', 'The tunnel was closed.'))
    const writing = this.#writing
    this.#writing = undefined
    writing?.(error ?? new ShoalError('CANCELLED', 'The tunnel was closed.'))
    done(error)
  }

  #drained(): void {
    const stream = this.#stream
    if (!this.#writing || stream.writableNeedsDrain || stream.writeBufferLength > LOW_BYTES) return
    const done = this.#writing
    this.#writing = undefined
    done()
  }

  #receive(bytes: Uint8Array): void {
    if (this.destroyed || this.#isEnded) return
    this.#isFull = !this.push(bytes)
    if (this.#isFull && !this.#isResuming) this.#pause()
  }

  #receiveEarly(): void {
    for (const bytes of this.#early.splice(0)) this.#receive(bytes)
  }

  #pause(): void {
    if (this.#stream.readStatus === 'readable') this.#stream.pause()
  }

  #closed(error: Error | undefined): void {
    if (error) {
      this.destroy(new ShoalError('UNAVAILABLE', `The tunnel broke: ${error.message}`, { cause: error }))
    } else if (this.#stream.readableEnded) this.#end()
  }

  /** Nothing more comes. Of a stream that was reset this is said first, and its end is no end. */
  #end(): void {
    if (this.#stream.status === 'aborted' || this.#stream.status === 'reset') return
    // After what came before it, wherever that still waits.
    setImmediate(() => {
      if (this.#isEnded || this.destroyed) return
      this.#receiveEarly()
      this.#isEnded = true
      this.push(null)
    })
  }
}
