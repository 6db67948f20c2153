import { sleep } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { Limiter } from '../../base/limiter.ts'
import { withDeadline } from '../../base/signals.ts'
import type { DialectAddress, DialectContext, HttpAnswer } from '../dialect.ts'
import type { KvOptions } from './kv.ts'

interface Peer {
  /** When it answered last, or came, on the steady clock. */
  answeredMs: number
  isBeingIntroduced: boolean
}

/** Peers that registered or that peers told of: those that may be called. */
export class KvPeers {
  readonly #context: DialectContext
  readonly #options: KvOptions
  readonly #stop: AbortSignal
  readonly #peers = new Map<string, Peer>()
  readonly #calls = new Limiter(64)
  #own = ''

  constructor(context: DialectContext, options: KvOptions, stop: AbortSignal) {
    this.#context = context
    this.#options = options
    this.#stop = stop
  }

  listen({ host, port }: DialectAddress): void {
    this.#own = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
  }

  get urls(): string[] {
    return [...this.#peers.keys()]
  }

  /** Whether one of them is at this IP address. */
  isAt(host: string): boolean {
    return this.urls.some((url) => hostOf(url) === host)
  }

  /** Adds a peer, and tells it of the others a moment later: it registers before it listens. @throws ShoalError */
  register(address: unknown): void {
    const url = peerUrl(address)
    if (!url) throw new ShoalError('INVALID_ARGUMENT')
    if (!this.#context.calls.mayCall(hostOf(url)))
      throw new ShoalError('PERMISSION_DENIED', 'Only addresses that have called are registered.')
    if (!this.#add(url)) throw new ShoalError('BUSY')
    this.#introduce(url).catch(() => {})
  }

  /** Adds those of a list that are addresses which may be called, while there is room. */
  learn(addresses: readonly unknown[]): void {
    for (const url of addresses.map(peerUrl))
      if (url && this.#context.calls.mayCall(hostOf(url))) this.#add(url)
  }

  /** Calls a peer; undefined when it does not answer in time. Who has not answered for long is forgotten. */
  async call(url: string, path: string, json?: unknown): Promise<HttpAnswer | undefined> {
    const { clock, calls } = this.#context
    const { callTimeoutMs: timeoutMs, forgetMs } = this.#options
    const peer = this.#peers.get(url)
    const method = json === undefined ? 'GET' : 'POST'
    using deadline = withDeadline(clock, timeoutMs, this.#stop)
    const { signal } = deadline
    const options = { method, json, signal, timeoutMs, maxBytes: MAX_ANSWER_BYTES } as const
    try {
      const answer = await this.#calls.run(() => calls.http(url + path, options), signal)
      if (peer) peer.answeredMs = clock.monotonic()
      return answer
    } catch {
      if (peer && clock.monotonic() - peer.answeredMs > forgetMs) this.#peers.delete(url)
      return undefined
    }
  }

  #add(url: string): boolean {
    if (url === this.#own || this.#peers.has(url)) return true
    if (this.#peers.size >= this.#options.maxPeers) return false
    this.#peers.set(url, { answeredMs: this.#context.clock.monotonic(), isBeingIntroduced: false })
    return true
  }

  async #introduce(url: string): Promise<void> {
    const peer = this.#peers.get(url)
    if (!peer || peer.isBeingIntroduced) return
    peer.isBeingIntroduced = true
    try {
      for (const waitMs of this.#options.introduceAfterMs) {
        await sleep(this.#context.clock, waitMs, this.#stop)
        const peers = [this.#own, ...this.urls.filter((other) => other !== url)]
        if (await this.call(url, '/update_peers', { peers })) return
      }
    } finally {
      peer.isBeingIntroduced = false
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
