import { type LookupAddress, type LookupOptions, lookup } from 'node:dns'
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { ShoalError, toShoalError } from '../../base/errors.ts'
import { isLanAddress } from '../limits/lan.ts'
import { SourceFault } from '../source-fault.ts'
import type { ByteRange } from './answer.ts'

/** An answer, and where it came from after redirects. Its body is paused. */
export interface Exchange {
  readonly response: IncomingMessage
  readonly url: string
  /** IP address of who answered. */
  readonly address: string
}

const MAX_REDIRECTS = 5
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** A connection without requests is closed after this, ms. Servers do so too, many after 5 s. */
const IDLE_MS = 15_000

/** Bodies of redirects up to this size are read to keep the connection, bytes. */
const MAX_IGNORED_BYTES = 16 * 1024

/**
 * GET with ranges by Node's own clients, over connections that are kept: a body comes as the buffers that the socket gave, and pausing it holds
 * the sender back.
 */
export class MirrorHttp {
  readonly #agents = {
    'http:': new http.Agent({ keepAlive: true, maxFreeSockets: 4, timeout: IDLE_MS }),
    'https:': new https.Agent({ keepAlive: true, maxFreeSockets: 4, timeout: IDLE_MS }),
  }
  readonly #isNear: (address: string) => boolean

  /** @param isNear whether a host or IP address is this machine or on the local network */
  constructor(isNear: (address: string) => boolean = isHereOrLan) {
    this.#isNear = isNear
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy()
  }

  /**
   * Asks for bytes and follows redirects, at most 5, never from https to http, and never from elsewhere into the local network: the user named
   * one server, and that one must not choose among those that only this machine can reach. Who the user is is told to the named host only.
   *
   * @param href may have user and password
   * @throws SourceFault for redirects as above; UNAVAILABLE; the signal's reason
   */
  async get(href: string, range: ByteRange, signal: AbortSignal): Promise<Exchange> {
    let url = new URL(href)
    const { origin } = url
    const authorization = credentials(url)
    let mayBeNear = true
    for (let redirects = 0; ; redirects++) {
      signal.throwIfAborted()
      const headers = {
        range: `bytes=${range.start}-${range.end}`,
        'accept-encoding': 'identity',
        'user-agent': 'shoal',
        ...(authorization && url.origin === origin && { authorization }),
      }
      const response = await this.#send(url, headers, { mayBeNear, signal })
      const address = response.socket.remoteAddress ?? ''
      const { location } = response.headers
      if (!REDIRECTS.has(response.statusCode ?? 0) || location === undefined) {
        response.on('error', () => {})
        return { response, url: url.href, address }
      }
      ignoreBody(response)
      if (redirects === MAX_REDIRECTS) throw wrong(`it redirects more than ${MAX_REDIRECTS} times`)
      mayBeNear &&= this.#isNear(address)
      url = redirected(url, location)
    }
  }

  async #send(
    url: URL,
    headers: Record<string, string>,
    { mayBeNear, signal }: { mayBeNear: boolean; signal: AbortSignal },
  ): Promise<IncomingMessage> {
    const host = url.hostname.replace(/^\[|\]$/g, '')
    if (!mayBeNear && this.#isNear(host)) throw intoLan()
    for (;;) {
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
      const { protocol, port, pathname, search } = url
      const isTls = protocol === 'https:'
      const request = (isTls ? https : http).request({
        ...{ protocol, hostname: host, path: pathname + search, headers, signal },
        ...(port && { port }),
        agent: this.#agents[isTls ? 'https:' : 'http:'],
        ...(!mayBeNear && { lookup: lookUpFar(this.#isNear) }),
      })
      request.on('response', resolve).on('error', reject).end()
      try {
        return await promise
      } catch (error) {
        if (signal.aborted) throw signal.reason
        // The server closed a kept connection just as it was used again: nobody's fault.
        if (request.reusedSocket && codeOf(error) === 'ECONNRESET') continue
        throw unreachable(error)
      }
    }
  }
}

/** In words, what the system says in codes. */
const FAULTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'it broke off',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name could not be looked up',
  ETIMEDOUT: 'it does not answer',
}

/** What went wrong with a connection. */
export function unreachable(error: unknown): ShoalError {
  const words = FAULTS[String(codeOf(error))]
  if (words !== undefined) return new ShoalError('UNAVAILABLE', words, { cause: error })
  const found = toShoalError(error, 'UNAVAILABLE')
  // Not this side ended it, or the caller would know.
  return found.code === 'CANCELLED' ? new ShoalError('UNAVAILABLE', 'it broke off', { cause: error }) : found
}

/** Takes and forgets what is left of a body, or leaves the connection when that may be much. */
export function ignoreBody(response: IncomingMessage): void {
  const length = Number(response.headers['content-length'] ?? Number.NaN)
  response.on('error', () => {})
  if (length <= MAX_IGNORED_BYTES) response.resume()
  else response.destroy()
}

/** Where a redirect leads. @throws SourceFault for what is no URL with http or https, and from https to http */
export function redirected(from: URL, location: string): URL {
  if (!URL.canParse(location, from.href)) throw wrong('it redirects to what is not a URL')
  const to = new URL(location, from.href)
  if (to.protocol !== 'http:' && to.protocol !== 'https:') throw wrong(`it redirects to ${to.protocol}`)
  if (from.protocol === 'https:' && to.protocol === 'http:') throw wrong('it redirects from https to http')
  to.username = to.password = to.hash = ''
  return to
}

function credentials({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined
  const text = `${decode(username)}:${decode(password)}`
  return `Basic ${Buffer.from(text).toString('base64')}`
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

type LookUpDone = (error: Error | null, address: string | LookupAddress[], family?: number) => void

/** As Node looks up names, but for those of what is near. */
const lookUpFar =
  (isNear: (address: string) => boolean) =>
  (hostname: string, options: LookupOptions, done: LookUpDone): void => {
    lookup(hostname, options, (error, found, family) => {
      const all = Array.isArray(found) ? found.map(({ address }) => address) : [found]
      if (!error && all.some(isNear)) done(intoLan(), [])
      else done(error, found, family)
    })
  }

/** The unspecified addresses are this machine, too, when something connects to them. */
const isHereOrLan = (address: string): boolean =>
  address === '0.0.0.0' || address === '::' || isLanAddress(address)

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined
const wrong = (what: string): SourceFault => new SourceFault('BAD_RESPONSE', what)
const intoLan = (): SourceFault => wrong('it redirects into the local network')
