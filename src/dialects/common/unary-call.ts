import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import {
  create,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf'
import { ShoalError, toShoalError } from '../../base/errors.ts'
import { type Address, addressText } from './fields.ts'
import { decoded, pathOf } from './unary.ts'

/** Whether somebody accepts TCP connections there before the signal aborts; nothing is sent. */
export function isListening({ host, port }: Address, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal })
    const end = (isThere: boolean) => {
      socket.destroy()
      resolve(isThere)
    }
    socket.once('connect', () => end(true)).on('error', () => end(false))
  })
}

export interface UnaryCall<M extends DescMethodUnary> {
  readonly method: M
  readonly request: MessageInitShape<M['input']>
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
 * @throws ShoalError UNAVAILABLE (nobody there, or an RPC error), BAD_RESPONSE, TOO_LARGE, or the signal's reason
 */
export async function callUnary<M extends DescMethodUnary>(
  to: Address,
  { method, request, maxBytes, signal }: UnaryCall<M>,
): Promise<MessageShape<M['output']>> {
  signal.throwIfAborted()
  const session = connectHttp2(`http://${addressText(to)}`)
  const onAbort = () => session.destroy()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    // A failure of the session ends the stream with the same error, and one of the stream ends the loop below.
    session.on('error', () => {})
    const message = toBinary(method.input, create(method.input, request))
    const prefix = Buffer.alloc(PREFIX_BYTES)
    prefix.writeUInt32BE(message.length, 1)
    const headers = {
      ':method': 'POST',
      ':path': pathOf(method),
      'content-type': 'application/grpc',
      te: 'trailers',
    }
    const stream = session.request(headers)
    stream.on('error', () => {})
    stream.end(Buffer.concat([prefix, message]))
    const parts: Buffer[] = []
    let sizeBytes = 0
    for await (const part of stream as AsyncIterable<Buffer>) {
      sizeBytes += part.length
      if (sizeBytes > PREFIX_BYTES + maxBytes) throw new ShoalError('TOO_LARGE')
      parts.push(part)
    }
    signal.throwIfAborted()
    return decoded<M['output']>(method.output, messageOf(Buffer.concat(parts)), 'BAD_RESPONSE')
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
