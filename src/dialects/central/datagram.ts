import { createSocket } from 'node:dgram'
import { ShoalError } from '../../base/errors.ts'

/** Longest file that goes in one datagram, bytes: what those who fetch make room for. */
export const MAX_FILE_BYTES = 10_240

/** Sends one datagram, and resolves with the one that comes back from there. @throws ShoalError UNAVAILABLE, TOO_LARGE; the signal's reason */
export async function exchange(
  message: string,
  { host, port }: { host: string; port: number },
  signal: AbortSignal,
): Promise<Uint8Array> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
  const socket = createSocket('udp4')
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  socket.on('error', (cause) => reject(new ShoalError('UNAVAILABLE', undefined, { cause })))
  socket.on('message', (bytes) => {
    if (bytes.length <= MAX_FILE_BYTES) resolve(bytes)
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
