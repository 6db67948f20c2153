import { ShoalError } from '../../base/errors.ts'
import { isPeerId } from '../../link/identity.ts'
import { grpcAddress, type IndexAddress } from './address.ts'

/** Whom to connect to. */
export interface IndexTarget {
  /** undefined: whoever answers. */
  readonly peerId: string | undefined
  /** HOST:PORT of the gRPC server. */
  readonly address: string
}

/** An info answer is some hundred bytes; what is longer is something else. */
const MAX_INFO_BYTES = 64 * 1024

/**
 * Where the gRPC server of `server` is, asking its REST API (`GET api/v1/info`) when that is what was given. Throws UNAVAILABLE when
 * it does not answer, BAD_RESPONSE when the answer makes no sense, WRONG_IDENTITY when it is not the pinned one.
 */
export async function resolveIndex(server: IndexAddress, signal: AbortSignal): Promise<IndexTarget> {
  if (server.kind === 'grpc') return { peerId: server.peerId, address: server.address }
  const info = await fetchInfo(new URL('api/v1/info', server.url), signal)
  if (typeof info !== 'object' || info === null) throw badInfo('it is no JSON object')
  const { peerId, grpc } = info as { peerId?: unknown; grpc?: unknown }
  if (typeof peerId !== 'string' || !isPeerId(peerId)) throw badInfo('there is no PeerId in it')
  const address = typeof grpc === 'string' ? grpcAddress(server.url, grpc) : undefined
  if (address === undefined) throw badInfo('there is no gRPC address in it')
  if (server.peerId !== undefined && server.peerId !== peerId) {
    throw new ShoalError('WRONG_IDENTITY', `It says that it is ${peerId}, not ${server.peerId}.`)
  }
  return { peerId, address }
}

const badInfo = (why: string, cause?: unknown) =>
  new ShoalError('BAD_RESPONSE', `This is not a Shoal index server's info: ${why}.`, { cause })

async function fetchInfo(url: URL, signal: AbortSignal): Promise<unknown> {
  const response = await request(url, signal)
  if (!response.ok || !response.body) {
    await response.body?.cancel()
    throw new ShoalError('UNAVAILABLE', `GET ${url} was answered with HTTP status ${response.status}.`)
  }
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > MAX_INFO_BYTES) throw badInfo(`it is longer than ${MAX_INFO_BYTES} bytes`)
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString())
  } catch (error) {
    throw badInfo('it is no JSON', error)
  }
}

async function request(url: URL, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { signal, redirect: 'error', headers: { accept: 'application/json' } })
  } catch (error) {
    signal.throwIfAborted()
    throw new ShoalError('UNAVAILABLE', `GET ${url} failed.`, { cause: error })
  }
}
