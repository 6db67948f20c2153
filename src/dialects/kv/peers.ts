import { sleep } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { Limiter } from '../../base/limiter.ts'
import { withDeadline } from '../../base/signals.ts'
import type { DialectAddress, HttpAnswer } from '../dialect.ts'
import type { KvSetup } from './kv.ts'

interface Peer {
  /** IP addresses that it calls from. */
  readonly hosts: readonly string[]
  /** When it answered last, or came, on the steady clock. */
  answeredMs: number
}

/** Peers that registered or that peers told of: those that may be called. */
export class KvPeers {
  readonly #setup: KvSetup
  readonly #peers = new Map<string, Peer>()
  readonly #introducing = new Set<string>()
  readonly #calls = new Limiter(64)
  #own = ''

  constructor(setup: KvSetup) {
    this.#setup = setup
  }

  listen({ host, port }: DialectAddress): void {
    this.#own = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  }

  get urls(): string[] {
    return [...this.#peers.keys()]
  }

  /** Whether one of them calls from this IP address. */
  isAt(host: string): boolean {
    return [...this.#peers.values()].some(({ hosts }) => hosts.includes(host))
  }

  /** Adds a peer that said so from an IP address, and tells it of the others a moment later: it registers before it listens. @throws ShoalError */
  register(address: unknown, caller: string): void {
    const url = peerUrl(address)
    if (!url) throw new ShoalError('INVALID_ARGUMENT')
    if (!this.#setup.context.calls.mayCall(hostOf(url)))
      throw new ShoalError('PERMISSION_DENIED', 'Only addresses that have called are registered.')
    if (!this.#add(url, caller)) throw new ShoalError('BUSY')
    this.#introduce(url).catch(() => {})
  }

  /** Adds those of a list that are addresses which may be called, while there is room. */
  learn(addresses: readonly unknown[]): void {
    for (const url of addresses.map(peerUrl))
      if (url && this.#setup.context.calls.mayCall(hostOf(url))) this.#add(url)
  }

  /** Calls a peer; undefined when it does not answer in time. Who has not answered for long is forgotten. */
  async call(url: string, path: string, json?: unknown): Promise<HttpAnswer | undefined> {
    const { context, options, stop } = this.#setup
    const { callTimeoutMs: timeoutMs, forgetMs } = options
    const { clock, calls } = context
    const peer = this.#peers.get(url)
    const method = json === undefined ? 'GET' : 'POST'
    using deadline = withDeadline(clock, timeoutMs, stop)
    const { signal } = deadline
    const call = { method, json, signal, timeoutMs, maxBytes: MAX_ANSWER_BYTES } as const
    try {
      const answer = await this.#calls.run(() => calls.http(url + path, call), signal)
      if (peer) peer.answeredMs = clock.monotonic()
      return answer
    } catch {
      if (peer && clock.monotonic() - peer.answeredMs > forgetMs) this.#peers.delete(url)
      return undefined
    }
  }

  #add(url: string, caller?: string): boolean {
    const known = this.#peers.get(url)
    if (url === this.#own || (known && !caller)) return true
    if (!known && this.#peers.size >= this.#setup.options.maxPeers) return false
    const host = hostOf(url)
    const local = host === 'localhost' ? ['127.0.0.1', '::1'] : [host]
    const hosts = caller ? [...local, caller] : local
    const answeredMs = this.#setup.context.clock.monotonic()
    this.#peers.set(url, { hosts, answeredMs })
    return true
  }

  async #introduce(url: string): Promise<void> {
    const { context, options, stop } = this.#setup
    if (url === this.#own || this.#introducing.has(url)) return
    this.#introducing.add(url)
    try {
      for (const waitMs of options.introduceAfterMs) {
        await sleep(context.clock, waitMs, stop)
        const peers = [this.#own, ...this.urls.filter((other) => other !== url)]
        if (await this.call(url, '/update_peers', { peers })) return
      }
    } finally {
      this.#introducing.delete(url)
    }
  }
}

/** A value of 64 KiB with everything escaped. */
const MAX_ANSWER_BYTES = 512 * 1024

/** `http://HOST:PORT` of an address; undefined when it says anything more, or is none. */
export function peerUrl(address: unknown): string | undefined {
  if (typeof address !== 'string' || address.length > 255 || !URL.canParse(address)) return undefined
  const url = new URL(address)
  return url.protocol === 'http:' && url.href === `${url.origin}/` ? url.origin : undefined
}

const hostOf = (url: string) => new URL(url).hostname.replace(/^\[|\]$/g, '')
