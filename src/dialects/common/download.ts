import { get, type IncomingMessage } from 'node:http'
import { ShoalError, toShoalError } from '../../base/errors.ts'
import type { CallBacks, GuestFile } from '../dialect.ts'
import { hostPort, plainHost } from '../hosts.ts'
import { urlOf } from './values.ts'

export interface DownloadOptions {
  readonly calls: CallBacks
  readonly signal: AbortSignal
  /** A longer body fails with TOO_LARGE. */
  readonly maxBytes: number
  /** Longest silence of the other side, ms. */
  readonly idleMs: number
}

/** A file that somebody gives over HTTP. */
export interface HttpFile extends Pick<GuestFile, 'dialect' | 'name' | 'sha256'> {
  readonly host: string
  readonly port: number
  /** What stands before the name. */
  readonly path: string
}

/** It as a guest's file, which is fetched if its holder may be called. An empty hash is none. */
export function httpGuest(
  { dialect, name, sha256, path, ...at }: HttpFile,
  calls: CallBacks,
  { maxBytes, callTimeoutMs: idleMs }: { readonly maxBytes: number; readonly callTimeoutMs: number },
): GuestFile {
  const holder = hostPort(at.host, at.port)
  const url = urlOf(at) + path + encodeURIComponent(name)
  const fetch = (signal: AbortSignal) => download(url, { calls, signal, maxBytes, idleMs })
  const file = { dialect, owner: holder, name, holder, maxBytes, ...(sha256 && { sha256 }) }
  return { ...file, ...(calls.mayCall(plainHost(at.host)) && { fetch }) }
}

/**
 * The body of an answer as it comes, of a host that may be called. Redirections are not followed: they may lead elsewhere.
 * Errors, also while the body is read: PERMISSION_DENIED, NO_PROVIDERS (not 200), UNAVAILABLE, TIMED_OUT, TOO_LARGE.
 */
export async function download(url: string, options: DownloadOptions): Promise<AsyncIterable<Uint8Array>> {
  const { calls, signal, maxBytes, idleMs } = options
  const { protocol, hostname } = new URL(url)
  if (protocol !== 'http:' || !calls.mayCall(plainHost(hostname)))
    throw new ShoalError('PERMISSION_DENIED', `${hostname} has not called this node, so it is not called.`)
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = get(url, { agent: false, signal, timeout: idleMs }, resolve)
    request.on('timeout', () => request.destroy(new ShoalError('TIMED_OUT')))
    request.on('error', (error) => reject(toShoalError(error, 'UNAVAILABLE')))
  })
  if (answer.statusCode !== 200) {
    answer.destroy()
    throw new ShoalError('NO_PROVIDERS', `${hostname} does not give the file: HTTP ${answer.statusCode}.`)
  }
  return limited(answer, maxBytes)
}

async function* limited(body: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0
  try {
    for await (const chunk of body) {
      sizeBytes += chunk.length
      if (sizeBytes > maxBytes)
        throw new ShoalError('TOO_LARGE', `The file is larger than ${maxBytes} bytes.`)
      yield chunk
    }
  } catch (error) {
    throw toShoalError(error, 'UNAVAILABLE')
  }
}
