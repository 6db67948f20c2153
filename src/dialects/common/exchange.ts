import { createSocket } from 'node:dgram'
import { ShoalError } from '../../base/errors.ts'

export interface Exchange {
  readonly host: string
  readonly port: number
  /** Longest answer. */
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/** Sends one datagram over UDP, and resolves with the one that comes back from there. @throws ShoalError UNAVAILABLE, TOO_LARGE; the signal's reason */
export async function exchange(
  message: string,
  { host, port, maxBytes, signal }: Exchange,
): Promise<Uint8Array> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
  const socket = createSocket('udp4')
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  socket.on('error', (cause) => reject(new ShoalError('UNAVAILABLE', undefined, { cause })))
  socket.on('message', (bytes) => {
    if (bytes.length <= maxBytes) resolve(bytes)
    else reject(new ShoalError('TOO_LARGE'))
  })
  socket.connect(port, host, () => socket.send(message))
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', onAbort)
    socket.close()
  }
}
