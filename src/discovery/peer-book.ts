import type { Clock, Timer } from '../base/clock.ts'
import { every } from '../base/clock.ts'
import { Emitter } from '../base/events.ts'
import type { Logger } from '../base/log.ts'
import { mergeProvider } from './hit-merge.ts'
import type { LocatorName, Provider } from './locator.ts'

/** What is kept of a peer from one run to the next. */
export interface RememberedPeer {
  readonly peerId: string
  readonly name: string
  readonly addresses: readonly string[]
  readonly lastSeenMs: number
}

/** Where peers are kept; storage's PeerStore is one. */
export interface PeerMemory {
  /** Adds peers or replaces what is known of them, all at once. */
  upsert(...peers: readonly RememberedPeer[]): void
  /** The peers seen last, latest first, at most `limit`. */
  list(limit: number): readonly RememberedPeer[]
  /** Forgets all but the `maxPeers` seen last, and those not seen since `seenSinceMs` (ms since the epoch). */
  prune(options: { maxPeers: number; seenSinceMs: number }): unknown
}

/** Who told of a peer: a locator, the network that this node is a member of, or libp2p, which finds peers on the local network too. */
export type PeerSource = LocatorName | 'membership' | 'p2p'

/** A peer as `shoal peers` shows it. */
export interface KnownPeer extends RememberedPeer {
  /** The address to try first; undefined when none is known. */
  readonly addr: string | undefined
  /** Who told of it in this run; empty when it is only remembered. */
  readonly via: readonly PeerSource[]
}

export interface PeerBookOptions {
  /** Most peers known; the one unseen for longest goes first. Default 1000. */
  maxPeers: number
  /** What is new is remembered this often, ms. Default 60,000: each time waits for the disk, and a kill loses no more than that. */
  flushMs: number
  /** A peer that is new, or elsewhere than before, is remembered after this, ms. Default 2,000: those that come together are written at once. */
  newsFlushMs: number
  /** A peer that nobody has seen for this long is forgotten at the next start, ms. Default 30 days. */
  forgetAfterMs: number
}

export const DEFAULT_PEER_BOOK_OPTIONS: PeerBookOptions = {
  maxPeers: 1000,
  flushMs: 60_000,
  newsFlushMs: 2_000,
  forgetAfterMs: 30 * 24 * 3_600_000,
}

export interface PeerBookSetup {
  /** Own PeerId; never in the book. */
  readonly self: string
  readonly clock: Clock
  readonly log: Logger
  /** Nothing is remembered without. */
  readonly memory?: PeerMemory
  readonly options?: Partial<PeerBookOptions>
}

/** The peers that this node has heard of, by PeerId, with where and when. */
export class PeerBook {
  /** A peer that was not known, or is known better now. */
  readonly changes = new Emitter<KnownPeer>()
  readonly #self: string
  readonly #clock: Clock
  readonly #log: Logger
  readonly #memory: PeerMemory | undefined
  readonly #options: PeerBookOptions
  readonly #peers = new Map<string, KnownPeer>()
  readonly #unsaved = new Set<string>()
  #timer: Timer | undefined
  #soon: Timer | undefined

  constructor({ self, clock, log, memory, options }: PeerBookSetup) {
    this.#self = self
    this.#clock = clock
    this.#log = log.child({ module: 'peers' })
    this.#memory = memory
    this.#options = { ...DEFAULT_PEER_BOOK_OPTIONS, ...options }
  }

  get size(): number {
    return this.#peers.size
  }

  /** Reads what is remembered and begins to remember. */
  start(): void {
    if (!this.#memory) return
    const { maxPeers, forgetAfterMs } = this.#options
    this.#memory.prune({ maxPeers, seenSinceMs: this.#clock.now() - forgetAfterMs })
    for (const peer of [...this.#memory.list(maxPeers)]) {
      if (!this.#peers.has(peer.peerId)) this.#put(peer, peer.lastSeenMs, [])
    }
    this.#timer = every(this.#clock, this.#options.flushMs, () => this.flush())
  }

  /**
   * Notes that `provider` was alive at `lastSeenMs` (ms since the epoch; the future counts as now). What is told latest is
   * believed: its name and addresses come first.
   */
  seen(provider: Provider, lastSeenMs: number, via: PeerSource): void {
    if (provider.peerId === this.#self) return
    const known = this.#peers.get(provider.peerId)
    const atMs = Math.min(Math.max(lastSeenMs, 0), this.#clock.now())
    if (!known && this.#isTooOld(atMs)) return
    const merged = known ? mergeProvider(provider, known) : provider
    const vias = known?.via.includes(via) ? known.via : [...(known?.via ?? []), via]
    const peer = this.#put(merged, Math.max(atMs, known?.lastSeenMs ?? 0), vias)
    const isNews = !known || vias !== known.via || !isSame(known, peer)
    if (isNews || peer.lastSeenMs !== known.lastSeenMs) this.#unsaved.add(peer.peerId)
    if (!isNews) return
    this.#flushSoon()
    this.changes.emit(peer)
  }

  get(peerId: string): KnownPeer | undefined {
    return this.#peers.get(peerId)
  }

  /** The peers seen last, latest first. */
  list(limit: number = this.#options.maxPeers): KnownPeer[] {
    return [...this.#peers.values()].sort((a, b) => b.lastSeenMs - a.lastSeenMs).slice(0, limit)
  }

  /** Remembers what is new. A memory that fails is logged and tried again the next time. */
  flush(): void {
    if (!this.#memory || this.#unsaved.size === 0) return
    const peers = [...this.#unsaved]
      .map((peerId) => this.#peers.get(peerId))
      .filter((peer) => peer !== undefined)
      .map(({ peerId, name, addresses, lastSeenMs }) => ({ peerId, name, addresses, lastSeenMs }))
    try {
      this.#memory.upsert(...peers)
      this.#unsaved.clear()
    } catch (error) {
      this.#log.warn({ err: error }, 'peers could not be remembered')
    }
  }

  /** Remembers what is new, and stops. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#soon?.cancel()
    this.#soon = undefined
    this.flush()
  }

  getDebugState(): Record<string, unknown> {
    return { peers: this.#peers.size, unsaved: this.#unsaved.size }
  }

  #flushSoon(): void {
    // Before the start what is remembered is not read yet.
    if (!this.#timer) return
    this.#soon ??= this.#clock.schedule(() => {
      this.#soon = undefined
      this.flush()
    }, this.#options.newsFlushMs)
  }

  #put(provider: Provider, lastSeenMs: number, via: readonly PeerSource[]): KnownPeer {
    const { peerId, name, addresses } = provider
    const peer: KnownPeer = {
      ...{ peerId, name, addresses, lastSeenMs, via },
      addr: addresses[0],
    }
    this.#peers.set(peerId, peer)
    if (this.#peers.size > this.#options.maxPeers) {
      const oldest = this.#oldest()!.peerId
      this.#peers.delete(oldest)
      this.#unsaved.delete(oldest)
    }
    return peer
  }

  #isTooOld(atMs: number): boolean {
    return this.#peers.size >= this.#options.maxPeers && atMs <= this.#oldest()!.lastSeenMs
  }

  #oldest(): KnownPeer | undefined {
    let oldest: KnownPeer | undefined
    for (const peer of this.#peers.values()) {
      if (!oldest || peer.lastSeenMs < oldest.lastSeenMs) oldest = peer
    }
    return oldest
  }
}

/** Two sources that tell the same addresses in another order are no news, each time anew. */
function isSame(a: RememberedPeer, b: RememberedPeer): boolean {
  return a.name === b.name && a.addresses.toSorted().join() === b.addresses.toSorted().join()
}
