import type { Clock, Timer } from '../../base/clock.ts'
import { abortable } from '../../base/signals.ts'
import type { LineReader, PeerLine } from '../../link/line.ts'
import { isBetterRoad, type Road } from '../../link/roads.ts'
import { isLanAddress } from '../limits/lan.ts'
import type { OpensGates } from '../limits/transfer-limits.ts'
import type { ConnectPeer, Provider } from '../ports.ts'
import { callWire } from './call-wire.ts'
import type { BlockChannel, BlockChannels, ChannelListener, TakerWire } from './channel.ts'
import { framedWire } from './framed-wire.ts'
import { type Introduction, TakerLine } from './taker-line.ts'

/** Opens lines; the pool of links does. */
export interface LineOpener {
  openLine(
    target: { peerId: string; addresses: readonly string[] },
    alpn: string,
    reader: LineReader,
    options: { signal: AbortSignal },
  ): Promise<PeerLine>
}

export interface TakerLinesSetup {
  /** Undefined: gRPC only. */
  readonly opener: LineOpener | undefined
  readonly connect: ConnectPeer
  readonly limits: Pick<OpensGates, 'download'>
  /** Told to those who are fetched from, for others. */
  readonly self: () => Introduction | undefined
  readonly clock: Clock
}

/** A line on which no file is open is closed after this, ms: the next file of a folder needs no new one. */
const IDLE_MS = 5000

/** Whether there is a better road is asked so often when files are opened without waiting, ms: thousands are in a second. */
const COMPARE_MS = 100

/** Peers of which it is remembered that they speak gRPC only. */
const MAX_REMEMBERED = 1000

interface Entry {
  readonly line: Promise<TakerLine>
  /** As soon as it is open. */
  ready: TakerLine | undefined
  /** Those who wait for it to open. */
  waiting: number
  readonly abort: AbortController
  idle: Timer | undefined
  /** When it was last seen that there is no better road, of a monotonic clock. */
  comparedMs: number
}

/** The lines to all peers that are fetched from: one each, shared by all downloads, closed when nobody needs it. */
export class TakerLines implements BlockChannels {
  readonly #setup: TakerLinesSetup
  readonly #entries = new Map<string, Entry>()
  readonly #grpcOnly = new Set<string>()

  constructor(setup: TakerLinesSetup) {
    this.#setup = setup
  }

  async open(
    provider: Provider,
    cid: string,
    listener: ChannelListener,
    signal: AbortSignal,
  ): Promise<BlockChannel> {
    for (;;) {
      const line = await this.#line(provider, signal)
      const channel = line.isOver ? undefined : line.open(cid, listener)
      if (channel) {
        this.#entries.get(provider.peerId)?.idle?.cancel()
        return channel
      }
      // Over in the meantime, or full: the next one is a new line.
      this.#drop(provider.peerId, line)
    }
  }

  warm(provider: Provider): void {
    if (this.#entries.has(provider.peerId)) return
    this.#start(provider).line.then(
      (line) => line.size === 0 && this.#idle(provider.peerId, line),
      () => {},
    )
  }

  openNow(provider: Provider, cid: string, listener: ChannelListener): BlockChannel | undefined {
    return this.#ready(provider)?.open(cid, listener)
  }

  takeNow(provider: Provider, digests: Uint8Array, listener: ChannelListener): BlockChannel | undefined {
    return this.#ready(provider)?.take(digests, listener)
  }

  #ready(provider: Provider): TakerLine | undefined {
    const entry = this.#entries.get(provider.peerId)
    const line = entry?.ready
    if (!line || line.isOver) return undefined
    const nowMs = this.#setup.clock.monotonic()
    if (nowMs - entry.comparedMs >= COMPARE_MS) {
      if (this.#isWorse(provider, line.road)) return undefined
      entry.comparedMs = nowMs
    }
    entry.idle?.cancel()
    return line
  }

  close(): void {
    for (const { abort, ready } of this.#entries.values()) {
      abort.abort()
      ready?.close()
    }
    this.#entries.clear()
  }

  async #line(provider: Provider, signal: AbortSignal): Promise<TakerLine> {
    const { peerId } = provider
    let entry = this.#entries.get(peerId)
    if (entry?.ready && this.#isWorse(provider, entry.ready.road)) {
      // Files that are open there stay until they are done.
      if (entry.ready.size === 0) entry.ready.close()
      this.#entries.delete(peerId)
      entry = undefined
    }
    entry ??= this.#start(provider)
    entry.waiting++
    try {
      return await abortable(entry.line, signal)
    } finally {
      entry.waiting--
      if (entry.waiting === 0 && !entry.ready && this.#entries.get(peerId) === entry) {
        this.#entries.delete(peerId)
        entry.abort.abort()
      }
    }
  }

  #start(provider: Provider): Entry {
    const { peerId } = provider
    const { limits } = this.#setup
    const abort = new AbortController()
    const line = new TakerLine({
      onIdle: () => this.#idle(peerId, line),
      onEnded: () => this.#drop(peerId, line),
    })
    const opening = this.#open(provider, line, abort.signal).then((wire) => {
      const address = wire.address || provider.addresses[0] || ''
      line.attach(wire, limits.download({ peerId, isLan: isLanAddress(address) }), this.#setup.self())
      entry.ready = line
      if (abort.signal.aborted) line.close()
      return line
    })
    const entry: Entry = {
      line: opening,
      ready: undefined,
      waiting: 0,
      abort,
      idle: undefined,
      comparedMs: Number.NEGATIVE_INFINITY,
    }
    this.#entries.set(peerId, entry)
    opening.catch(() => {
      if (this.#entries.get(peerId) === entry) this.#entries.delete(peerId)
    })
    return entry
  }

  async #open(provider: Provider, line: TakerLine, signal: AbortSignal): Promise<TakerWire> {
    const { opener, connect } = this.#setup
    const { peerId, addresses } = provider
    if (opener && !this.#grpcOnly.has(peerId)) {
      try {
        return await framedWire(
          (alpn, reader) => opener.openLine({ peerId, addresses }, alpn, reader, { signal }),
          line,
        )
      } catch (error) {
        if (!speaksGrpcOnly(error)) throw error
        if (this.#grpcOnly.size < MAX_REMEMBERED) this.#grpcOnly.add(peerId)
      }
    }
    return callWire(connect(provider), line)
  }

  #isWorse(provider: Provider, road: Road | undefined): boolean {
    const now = this.#setup.connect(provider).road?.()
    return now !== undefined && road !== undefined && isBetterRoad(now, road)
  }

  #idle(peerId: string, line: TakerLine): void {
    const entry = this.#entries.get(peerId)
    // An old line, whose place a better one has taken, has nothing to wait for.
    if (entry?.ready !== line) {
      line.close()
      return
    }
    entry.idle?.cancel()
    entry.idle = this.#setup.clock.schedule(() => {
      if (line.size > 0) return
      this.#drop(peerId, line)
      line.close()
    }, IDLE_MS)
  }

  #drop(peerId: string, line: TakerLine): void {
    const entry = this.#entries.get(peerId)
    if (entry?.ready !== line) return
    entry.idle?.cancel()
    this.#entries.delete(peerId)
  }
}

/** TLS says so when the other side knows none of the protocols that are offered (RFC 7301, alert 120). */
function speaksGrpcOnly(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return code === 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL'
}
