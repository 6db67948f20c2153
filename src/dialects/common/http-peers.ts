import { withDeadline } from '../../base/signals.ts'
import type { DialectAddress, DialectContext, HttpAnswer } from '../dialect.ts'
import { plainHost } from '../hosts.ts'
import { Background } from './background.ts'
import { fieldsOf, quietly, urlOf } from './values.ts'

export interface HttpPeersOptions {
  /** Pieces of work at once; more are left out. */
  readonly maxWork: number
  readonly maxPeers: number
  /** For a call. */
  readonly callTimeoutMs: number
  /** Who has been silent for longer is active no more, and makes room when there is none. Left out: nobody. */
  readonly inactiveMs?: number
  /** Who has been silent for longer is gone, once that is looked for. */
  readonly forgetMs: number
}

/** Somebody's server, with what a dialect knows of it. */
export type HttpPeer<Facts> = Facts & {
  /** `http://HOST:PORT` */
  readonly url: string
  /** When it was told of first; steady clock, as is the other one. */
  readonly knownMs: number
  /** When it called or answered last; undefined: it was only told of. */
  heardMs: number | undefined
}

/** Servers of others that speak a dialect, and the work with them: only such as may be called, never more than `maxPeers`, in the order in which they came. */
export class HttpPeers<Facts extends object> {
  /** Where this node's own server is, for the others. */
  self = { host: '127.0.0.1', port: 0 }
  /** Its end is the end of all calls. */
  readonly work: Background
  readonly #context: Pick<DialectContext, 'calls' | 'clock' | 'log'>
  readonly #options: HttpPeersOptions
  readonly #peers = new Map<string, HttpPeer<Facts>>()

  constructor(context: Pick<DialectContext, 'calls' | 'clock' | 'log'>, options: HttpPeersOptions) {
    this.#context = context
    this.#options = options
    this.work = new Background(options.maxWork, (error) =>
      context.log.debug({ err: error }, 'work with peers did not come to its end'),
    )
  }

  listen({ host, port }: DialectAddress): void {
    this.self = { host, port }
  }

  all(): HttpPeer<Facts>[] {
    return [...this.#peers.values()]
  }

  get urls(): string[] {
    return [...this.#peers.keys()]
  }

  /** Those that called or answered not too long ago. */
  active(): HttpPeer<Facts>[] {
    return this.all().filter((peer) => this.isActive(peer))
  }

  isActive(peer: HttpPeer<Facts>): boolean {
    return peer.heardMs !== undefined && !this.#isInactive(peer)
  }

  get(url: string): HttpPeer<Facts> | undefined {
    return this.#peers.get(url)
  }

  isSelf(url: string): boolean {
    return url === urlOf(this.self)
  }

  mayCall(url: string): boolean {
    return this.#context.calls.mayCall(plainHost(new URL(url).hostname))
  }

  /** Adds one that was told of, unless it is known; returns it. Undefined: it may not be called, or there is no room. */
  add(url: string, facts: Facts): HttpPeer<Facts> | undefined {
    const known = this.#peers.get(url)
    if (known) return known
    if (!this.mayCall(url) || !this.#hasRoom()) return undefined
    const peer = { ...facts, url, knownMs: this.#context.clock.monotonic(), heardMs: undefined }
    this.#peers.set(url, peer)
    return peer
  }

  remove(url: string): void {
    this.#peers.delete(url)
  }

  /** Notes a sign of life. False: of nobody that is known. */
  heard(peer: HttpPeer<Facts> | undefined): boolean {
    if (!peer) return false
    peer.heardMs = this.#context.clock.monotonic()
    return true
  }

  isGone(peer: HttpPeer<Facts>): boolean {
    return this.silentMs(peer) > this.#options.forgetMs
  }

  /** Takes out those that are gone, and tells who they were. */
  takeGone(): HttpPeer<Facts>[] {
    const gone = this.all().filter((peer) => this.isGone(peer))
    for (const { url } of gone) this.#peers.delete(url)
    return gone
  }

  /** Since its last sign of life, or since it was told of. */
  silentMs({ heardMs, knownMs }: HttpPeer<Facts>): number {
    return this.#context.clock.monotonic() - (heardMs ?? knownMs)
  }

  /** As {@link silentMs}, on the wall clock. */
  seenAt(peer: HttpPeer<Facts>): Date {
    return new Date(this.#context.clock.now() - this.silentMs(peer))
  }

  /** Calls a server, known or not; what is given is posted as JSON. Undefined: it does not answer in time, or may not be called. */
  async call(url: string, path: string, json?: unknown): Promise<HttpAnswer | undefined> {
    const { calls, clock, log } = this.#context
    const { callTimeoutMs: timeoutMs } = this.#options
    using life = withDeadline(clock, timeoutMs, this.work.signal)
    const method = json === undefined ? 'GET' : 'POST'
    const options = { method, json, signal: life.signal, timeoutMs } as const
    const peer = this.#peers.get(url)
    try {
      const answer = await calls.http(url + path, options)
      // Who was only told of has to come, or to be let in, first.
      if (peer?.heardMs !== undefined) this.heard(peer)
      return answer
    } catch (error) {
      log.debug({ err: error, url: url + path }, 'no answer')
      return undefined
    }
  }

  /** Calls, and reads the answer: its fields, none when it is no JSON object. Undefined: there is none with 200. */
  async ask(url: string, path: string, json?: unknown): Promise<ReturnType<typeof fieldsOf> | undefined> {
    const answer = await this.call(url, path, json)
    return answer?.status === 200 ? fieldsOf(quietly(() => answer.json())) : undefined
  }

  /** Posts the same to all who are active, but for this node and one other. */
  async tell(path: string, json: unknown, except?: string): Promise<void> {
    const urls = this.active().map(({ url }) => url)
    const others = urls.filter((url) => url !== except && !this.isSelf(url))
    await Promise.all(others.map((url) => this.call(url, path, json)))
  }

  #isInactive(peer: HttpPeer<Facts>): boolean {
    const { inactiveMs = Number.POSITIVE_INFINITY } = this.#options
    return this.silentMs(peer) > inactiveMs
  }

  #hasRoom(): boolean {
    if (this.#peers.size < this.#options.maxPeers) return true
    const silent = this.all().reduce((a, b) => (this.silentMs(b) > this.silentMs(a) ? b : a))
    return this.#isInactive(silent) && this.#peers.delete(silent.url)
  }
}
