import type { IncomingMessage } from 'node:http'
import type { Clock } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { isLanAddress } from '../limits/lan.ts'
import type { OpensGates } from '../limits/transfer-limits.ts'
import type { BlockChannel, BlockChannels, ChannelListener } from '../line/channel.ts'
import type { Provider } from '../ports.ts'
import { SourceFault } from '../source-fault.ts'
import { type ByteRange, sizeFromAnswer } from './answer.ts'
import { MirrorChannel } from './mirror-channel.ts'
import { MirrorHost } from './mirror-host.ts'
import { type Exchange, ignoreBody, MirrorHttp } from './mirror-http.ts'

export interface MirrorsSetup {
  readonly limits: Pick<OpensGates, 'download'>
  readonly clock: Clock
}

/** Hosts that are remembered; of those that nobody uses the oldest go. */
const MAX_HOSTS = 256

/** Files at HTTP servers, read by ranges. Only for providers with {@link Provider.mirror}. */
export class Mirrors implements Pick<BlockChannels, 'open'> {
  readonly #setup: MirrorsSetup
  readonly #http = new MirrorHttp()
  readonly #hosts = new Map<string, MirrorHost>()

  constructor(setup: MirrorsSetup) {
    this.#setup = setup
  }

  close(): void {
    this.#http.close()
  }

  /**
   * Asks for one byte: whether the file is there, how long it is, and that ranges are served.
   *
   * @throws as sizeFromAnswer and MirrorHttp.get; BUSY while the host wants to be left alone
   */
  async open(
    { mirror, addresses }: Provider,
    _cid: string,
    listener: ChannelListener,
    signal: AbortSignal,
  ): Promise<BlockChannel> {
    if (!mirror) throw new ShoalError('INTERNAL', 'not a mirror')
    const { origin } = new URL(mirror.url)
    const host = this.#host(origin)
    const retryAfterMs = host.restMs(this.#setup.clock.monotonic())
    if (retryAfterMs > 0) throw new ShoalError('BUSY', 'it asked to wait', { details: { retryAfterMs } })
    const release = await host.turn('open', signal)
    let opened: { exchange: Exchange; sizeBytes: number }
    try {
      const about = { sizeBytes: mirror.sizeBytes, isProbe: true, host }
      opened = await this.#ask(mirror.url, { start: 0, end: 0 }, about, signal)
      ignoreBody(opened.exchange.response)
    } finally {
      release()
    }
    const { exchange, sizeBytes } = opened
    const isLan = isLanAddress(exchange.address)
    const channel = new MirrorChannel({
      address: addresses[0] ?? origin,
      ...{ sizeBytes, listener, host },
      gate: this.#setup.limits.download({ peerId: `mirror:${origin}`, isLan }),
      ask: this.#asker(mirror.url, exchange.url, { sizeBytes, isProbe: false, host }),
    })
    // After whoever opens it has it.
    setImmediate(() => channel.start())
    return channel
  }

  /** Asks where redirects led to before, as long as that place knows the file: some lead to places for a short time. */
  #asker(
    named: string,
    found: string,
    about: About,
  ): (range: ByteRange, signal: AbortSignal) => Promise<IncomingMessage> {
    let url = found
    return async (range, signal) => {
      try {
        return (await this.#ask(url, range, about, signal)).exchange.response
      } catch (error) {
        if (url === named || !(error instanceof SourceFault)) throw error
      }
      url = named
      const { exchange } = await this.#ask(url, range, about, signal)
      url = exchange.url
      return exchange.response
    }
  }

  async #ask(
    url: string,
    range: ByteRange,
    { sizeBytes, isProbe, host }: About,
    signal: AbortSignal,
  ): Promise<{ exchange: Exchange; sizeBytes: number }> {
    const { clock } = this.#setup
    const exchange = await this.#http.get(url, range, signal)
    const { statusCode: status = 0, headers } = exchange.response
    try {
      const size = sizeFromAnswer({ status, headers }, { range, sizeBytes, isProbe, nowMs: clock.now() })
      return { exchange, sizeBytes: size }
    } catch (error) {
      ignoreBody(exchange.response)
      const retryAfterMs = error instanceof ShoalError ? error.details?.retryAfterMs : undefined
      if (typeof retryAfterMs === 'number') host.rest(retryAfterMs, clock.monotonic())
      throw error
    }
  }

  #host(origin: string): MirrorHost {
    const known = this.#hosts.get(origin)
    if (known) return known
    for (const [name, host] of this.#hosts)
      if (this.#hosts.size >= MAX_HOSTS && host.isIdle) this.#hosts.delete(name)
    const host = new MirrorHost()
    this.#hosts.set(origin, host)
    return host
  }
}

interface About {
  readonly sizeBytes: number | undefined
  readonly isProbe: boolean
  readonly host: MirrorHost
}
