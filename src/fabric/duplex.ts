import { Duplex } from 'node:stream'
import type { Stream } from '@libp2p/interface'
import { ShoalError } from '../base/errors.ts'

type Incoming = Uint8Array | { subarray(): Uint8Array }

/**
 * A libp2p stream as one of Node's, with back-pressure both ways: while nobody reads, the stream is paused, and a write is over when the
 * stream wants more. Destroying it resets the stream.
 */
export function streamToDuplex(stream: Stream): Duplex {
  // Node's HTTP/2 ends the process (an assertion in OnDataChunkReceived) when data comes while it writes, so what comes then waits.
  let isSending = false
  const early: Uint8Array[] = []
  const push = (data: Uint8Array) => {
    if (!duplex.push(data) && stream.readStatus === 'readable') stream.pause()
  }
  const duplex: Duplex = new Duplex({
    read() {
      if (stream.readStatus === 'paused') stream.resume()
    },
    write(chunk: Uint8Array, _encoding, done) {
      isSending = true
      let wantsMore: boolean
      try {
        wantsMore = stream.send(chunk)
      } catch (error) {
        return done(error as Error)
      } finally {
        isSending = false
      }
      if (early.length > 0) setImmediate(() => early.splice(0).forEach(push))
      if (wantsMore) done()
      else stream.onDrain().then(() => done(), done)
    },
    final(done) {
      stream.close().then(() => done(), done)
    },
    destroy(error, done) {
      if (stream.status === 'open')
        stream.abort(error ?? new ShoalError('CANCELLED', 'The tunnel was closed.'))
      done(error)
    },
  })
  stream.addEventListener('message', ({ data }: { data: Incoming }) => {
    // A list of pieces becomes one buffer only here.
    const bytes = data.subarray()
    if (isSending || early.length > 0) early.push(bytes)
    else push(bytes)
  })
  let isEnded = false
  const ended = (error?: Error) => {
    if (error) {
      duplex.destroy(new ShoalError('UNAVAILABLE', `The tunnel broke: ${error.message}`, { cause: error }))
      return
    }
    if (isEnded) return
    isEnded = true
    // After what came before it, wherever that still waits.
    setImmediate(() => duplex.destroyed || duplex.push(null))
  }
  stream.addEventListener('remoteCloseWrite', () => ended())
  stream.addEventListener('close', (event) => ended((event as { error?: Error }).error))
  // Whoever uses it hears of the end by its own listeners; an error that comes before them must not end the process.
  duplex.on('error', () => {})
  return duplex
}
