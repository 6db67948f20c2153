import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { ShoalError, toShoalError } from '../../base/errors.ts'

/** Where a client's own server listens. */
export interface PeerAddress {
  /** IPv4. */
  readonly host: string
  readonly port: number
}

export const addressText = ({ host, port }: PeerAddress): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/** Whether somebody accepts TCP connections there before the signal aborts; nothing is sent. */
export function isListening({ host, port }: PeerAddress, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal })
    const end = (isThere: boolean) => {
      socket.destroy()
      resolve(isThere)
    }
    socket.once('connect', () => end(true)).on('error', () => end(false))
  })
}

export interface PeerCall {
  /** `/package.Service/Method` */
  readonly path: string
  /** Encoded message. */
  readonly request: Uint8Array
  /** Longest answer, bytes. */
  readonly maxBytes: number
  readonly signal: AbortSignal
}

const PREFIX_BYTES = 5

/**
 * One call without TLS, as gRPC is over HTTP/2 (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md): a prefix of one byte, 0 for
 * uncompressed, and four of length, then the message. By hand, since here the deadline ends the connection too: grpc-js keeps one that was accepted and
 * then never spoken on, with the process, for good.
 *
 * @returns the encoded answer
 * @throws ShoalError UNAVAILABLE (nobody there, or an RPC error), BAD_RESPONSE, TOO_LARGE, or the signal's reason
 */
export async function callPeer(to: PeerAddress, call: PeerCall): Promise<Uint8Array> {
  const { path, request, maxBytes, signal } = call
  signal.throwIfAborted()
  const session = connectHttp2(`http://${addressText(to)}`)
  const onAbort = () => session.destroy()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    // A failure of the session ends the stream with the same error, and one of the stream ends the loop below.
    session.on('error', () => {})
    const prefix = Buffer.alloc(PREFIX_BYTES)
    prefix.writeUInt32BE(request.length, 1)
    const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' }
    const stream = session.request(headers)
    stream.on('error', () => {})
    stream.end(Buffer.concat([prefix, request]))
    const parts: Buffer[] = []
    let sizeBytes = 0
    for await (const part of stream as AsyncIterable<Buffer>) {
      sizeBytes += part.length
      if (sizeBytes > PREFIX_BYTES + maxBytes) throw new ShoalError('TOO_LARGE')
      parts.push(part)
    }
    signal.throwIfAborted()
    return messageOf(Buffer.concat(parts))
  } catch (error) {
    throw signal.aborted ? signal.reason : toShoalError(error, 'UNAVAILABLE')
  } finally {
    signal.removeEventListener('abort', onAbort)
    session.destroy()
  }
}

/** A server that fails sends a status and no message. */
function messageOf(body: Buffer): Uint8Array {
  if (body.length === 0) throw new ShoalError('UNAVAILABLE', 'The other side refused the call.')
  const isWhole = body.length >= PREFIX_BYTES && body.readUInt32BE(1) === body.length - PREFIX_BYTES
  if (!isWhole || body[0] !== 0) throw new ShoalError('BAD_RESPONSE')
  return body.subarray(PREFIX_BYTES)
}
