import { request } from 'node:http'
import { isIP } from 'node:net'
import type { Clock } from '../base/clock.ts'
import { ShoalError, toShoalError } from '../base/errors.ts'
import { Limiter } from '../base/limiter.ts'
import { withDeadline } from '../base/signals.ts'
import { MIB } from '../base/units.ts'
import type { CallBacks, Caller, HttpAnswer, HttpCall } from './dialect.ts'
import { plainHost, splitHostPort } from './hosts.ts'

export interface CallersOptions {
  /** Addresses remembered; the one that called longest ago is forgotten. Default 10,000. */
  readonly maxCallers: number
  /** One that has not called for this long is forgotten, ms. Default a day. */
  readonly forgetMs: number
  /** Calls that run at once. Default 32. */
  readonly maxAtOnce: number
  /** Calls that wait for one of those places; one more is refused. Default 256. */
  readonly maxWaiting: number
}

export const DEFAULT_CALLERS_OPTIONS: CallersOptions = {
  maxCallers: 10_000,
  forgetMs: 24 * 3_600_000,
  maxAtOnce: 32,
  maxWaiting: 256,
}

const DEFAULT_TIMEOUT_MS = 5000
const DEFAULT_MAX_BYTES = MIB

/**
 * Calls that dialects make, to addresses that called first or that the owner lists, and to nobody else: what a client says of others
 * is no reason to call them. A name, which may lead anywhere, is called only when it is listed.
 */
export class Callers implements CallBacks {
  readonly #clock: Clock
  readonly #options: CallersOptions
  /** By host; the ports that are listed, undefined for any. */
  readonly #listed = new Map<string, Set<number> | undefined>()
  /** When each called last, in that order. */
  readonly #called = new Map<string, number>()
  readonly #turns: Limiter

  /** @param listed IP, HOST, or one of them with a port */
  constructor(listed: readonly string[], clock: Clock, options: Partial<CallersOptions> = {}) {
    this.#clock = clock
    this.#options = { ...DEFAULT_CALLERS_OPTIONS, ...options }
    this.#turns = new Limiter(this.#options.maxAtOnce)
    for (const text of listed) {
      const { host, port } = splitHostPort(text)
      const ports = this.#listed.get(host)
      const isAny = port === undefined || (this.#listed.has(host) && ports === undefined)
      this.#listed.set(host, isAny ? undefined : new Set([...(ports ?? []), port]))
    }
  }

  called({ host }: Caller): void {
    const plain = plainHost(host)
    if (isIP(plain) === 0) return
    this.#called.delete(plain)
    this.#called.set(plain, this.#clock.monotonic())
    if (this.#called.size > this.#options.maxCallers) this.#called.delete(this.#called.keys().next().value!)
  }

  mayCall(host: string): boolean {
    const plain = plainHost(host)
    return this.#hasCalled(plain) || this.#listed.has(plain)
  }

  async http(url: string, { method = 'GET', json, ...options }: HttpCall): Promise<HttpAnswer> {
    const target = this.#target(url)
    const { timeoutMs = DEFAULT_TIMEOUT_MS, maxBytes = DEFAULT_MAX_BYTES } = options
    if (this.#turns.waiting >= this.#options.maxWaiting)
      throw new ShoalError('UNAVAILABLE', 'Too many calls to clients of dialects wait already.')
    using life = withDeadline(this.#clock, timeoutMs, options.signal)
    const body = json === undefined ? undefined : Buffer.from(JSON.stringify(json))
    const { signal } = life
    return await this.#turns.run(() => call(target, { method, body, maxBytes, signal }), signal)
  }

  #hasCalled(host: string): boolean {
    const atMs = this.#called.get(host)
    return atMs !== undefined && this.#clock.monotonic() - atMs <= this.#options.forgetMs
  }

  /** @throws ShoalError PERMISSION_DENIED */
  #target(text: string): URL {
    const url = URL.canParse(text) ? new URL(text) : undefined
    if (url?.protocol !== 'http:' || url.username !== '' || url.password !== '')
      throw new ShoalError('PERMISSION_DENIED', 'Dialects call http: addresses only.')
    const host = plainHost(url.hostname)
    const ports = this.#listed.get(host)
    const isListed = this.#listed.has(host) && (ports === undefined || ports.has(Number(url.port || 80)))
    if (!isListed && !this.#hasCalled(host))
      throw new ShoalError(
        'PERMISSION_DENIED',
        `${url.host} has not called this node, and the setting dialectPeers does not list it.`,
      )
    // It was as 127.0.0.1 that it called.
    if (url.hostname === 'localhost') url.hostname = host
    return url
  }
}

interface Sent {
  readonly method: string
  readonly body: Buffer | undefined
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/** One call on a connection of its own. A redirection is an answer like any other: nobody is led elsewhere. */
function call(url: URL, { method, body, maxBytes, signal }: Sent): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
  const fail = (error: unknown) =>
    reject(
      signal.aborted
        ? toShoalError(signal.reason)
        : error instanceof ShoalError
          ? error
          : new ShoalError('UNAVAILABLE', `${url.host} does not answer.`, { cause: error }),
    )
  const headers = {
    accept: '*/*',
    'accept-encoding': 'identity',
    ...(body && { 'content-type': 'application/json', 'content-length': body.length }),
  }
  const sent = request(url, { method, headers, agent: false, signal }, async (response) => {
    try {
      const pieces: Buffer[] = []
      let length = 0
      for await (const piece of response as AsyncIterable<Buffer>) {
        length += piece.length
        if (length > maxBytes)
          throw new ShoalError('TOO_LARGE', `${url.host} answers with more than ${maxBytes} bytes.`)
        pieces.push(piece)
      }
      resolve(answerOf(response.statusCode ?? 0, Buffer.concat(pieces), url.host))
    } catch (error) {
      sent.destroy()
      fail(error)
    }
  })
  sent.on('error', fail)
  sent.end(body)
  return promise
}

function answerOf(status: number, body: Uint8Array, host: string): HttpAnswer {
  return {
    ...{ status, body },
    json() {
      try {
        return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown
      } catch (cause) {
        throw new ShoalError('BAD_RESPONSE', `${host} answered something that is not JSON.`, { cause })
      }
    },
  }
}
