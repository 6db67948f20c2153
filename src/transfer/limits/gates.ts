import type { Clock, Timer } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { Bucket, SharedBucket } from './bucket.ts'
import { type Demand, FairShare, type Line, newLine, pieceOf } from './fair-share.ts'
import { limitsFor, NO_LIMITS, type Rates, type Who } from './rates.ts'

/** Takes of one peer that wait, over all its gates. A stream waits for one at a time, so this is more than there are streams. */
const MAX_WAITING_PER_PEER = 1024

/** A peer that has left is remembered for so long, ms: coming back at once must not give it a full bucket. */
const REMEMBER_MS = 1000

/** Where bytes of one stream pass. Always `close` in the end (`using` does). */
export interface Gate extends Disposable {
  /** Lets bytes pass now; false when they have to wait. Without a limit always true. */
  tryTake(bytes: number): boolean
  /**
   * Resolves when the bytes may pass: at once without a limit, else in turn. Many bytes are let pass piece by piece while others have their turns.
   *
   * @throws the signal's reason; BUSY when more wait for this peer than it can have streams; CANCELLED when the gate is closed
   */
  take(bytes: number, signal: AbortSignal): Promise<void>
  /** The lowest limit that holds, bytes a second; Infinity without one. */
  rate(): number
  /** The most that should be handed over after one `take`, bytes, so that the line stays even; Infinity without a limit. */
  pieceBytes(): number
  close(): void
}

interface Peer extends Line {
  readonly who: Who
  gates: number
  forget?: Timer
}

interface Waiting {
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

/** The limits of one direction, and who waits for them. */
export class Gates {
  readonly #clock: Clock
  readonly #share = new FairShare()
  readonly #buckets: Readonly<Record<'all' | 'lan', SharedBucket>>
  readonly #peers = new Map<string, Peer>()
  readonly #waiting = new Map<Demand, Waiting>()
  #rates = NO_LIMITS
  #timer: Timer | undefined

  constructor(clock: Clock, rates: Rates = NO_LIMITS) {
    this.#clock = clock
    const now = clock.monotonic()
    this.#buckets = { all: new SharedBucket(1, now), lan: new SharedBucket(1, now) }
    this.update(rates)
  }

  /** Holds from now on, also for those who wait. */
  update(rates: Rates): void {
    const now = this.#clock.monotonic()
    this.#rates = rates
    for (const name of ['all', 'lan'] as const)
      if (rates[name] > 0) this.#buckets[name].setRate(rates[name], now)
    for (const peer of this.#peers.values()) this.#setLimits(peer)
    this.#share.changed()
    this.#grant()
  }

  /** A gate for one stream to or from a peer. */
  open(who: Who): Gate {
    const peer = this.#enter(who)
    const own = new Set<Demand>()
    let isOpen = true
    const close = () => {
      if (!isOpen) return
      isOpen = false
      for (const demand of own) this.#settle(demand)?.reject(new ShoalError('CANCELLED'))
      this.#exit(peer)
      this.#grant()
    }
    return {
      tryTake: (bytes) => this.#share.tryTake(peer, bytes, this.#clock.monotonic()),
      take: async (bytes, signal) => {
        signal.throwIfAborted()
        if (!isOpen) throw new ShoalError('CANCELLED')
        if (!this.#share.tryTake(peer, bytes, this.#clock.monotonic()))
          await this.#wait(peer, bytes, signal, own)
      },
      rate: () => lowestRate(peer),
      pieceBytes: () => pieceOf(peer),
      close,
      [Symbol.dispose]: close,
    }
  }

  getDebugState(): Record<string, unknown> {
    return { rates: this.#rates, peers: this.#peers.size, waiting: this.#waiting.size }
  }

  async #wait(peer: Peer, bytes: number, signal: AbortSignal, own: Set<Demand>): Promise<void> {
    if (peer.demands.length >= MAX_WAITING_PER_PEER)
      throw new ShoalError('BUSY', 'Too many streams of one peer wait for the rate limit.')
    const demand = this.#share.add(peer, bytes)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.set(demand, { resolve, reject })
    own.add(demand)
    const onAbort = () => {
      this.#settle(demand)?.reject(signal.reason)
      // Others may be able to go on with what was kept for it.
      this.#grant()
    }
    signal.addEventListener('abort', onAbort, { once: true })
    this.#grant()
    try {
      await promise
    } finally {
      own.delete(demand)
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Lets pass what may, and comes back when more may. */
  #grant(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#share.waiting === 0) return
    const { done, waitMs } = this.#share.grant(this.#clock.monotonic())
    for (const demand of done) this.#settle(demand)?.resolve()
    // Timers fire up to a millisecond early.
    if (waitMs !== undefined) this.#timer = this.#clock.schedule(() => this.#grant(), Math.max(1, waitMs))
  }

  #settle(demand: Demand): Waiting | undefined {
    const waiting = this.#waiting.get(demand)
    this.#waiting.delete(demand)
    this.#share.remove(demand)
    return waiting
  }

  #enter(who: Who): Peer {
    const key = keyOf(who)
    const peer = this.#peers.get(key) ?? { ...newLine(), who, gates: 0 }
    peer.forget?.cancel()
    peer.gates++
    if (this.#peers.has(key)) return peer
    this.#peers.set(key, peer)
    this.#setLimits(peer)
    return peer
  }

  #exit(peer: Peer): void {
    if (--peer.gates > 0) return
    const forget = () => this.#peers.delete(keyOf(peer.who))
    if (peer.own) peer.forget = this.#clock.schedule(forget, REMEMBER_MS)
    else forget()
  }

  #setLimits(peer: Peer): void {
    const { shared, own } = limitsFor(peer.who, this.#rates)
    const now = this.#clock.monotonic()
    peer.shared = shared.map((name) => this.#buckets[name])
    if (own === 0) peer.own = undefined
    else if (peer.own) peer.own.setRate(own, now)
    else peer.own = new Bucket(own, now)
  }
}

const keyOf = ({ peerId, isLan }: Who): string => `${isLan ? 'lan' : 'wan'} ${peerId}`

function lowestRate({ shared, own }: Line): number {
  const rates = [...shared, ...(own ? [own] : [])].map(({ bytesPerSecond }) => bytesPerSecond)
  return Math.min(Number.POSITIVE_INFINITY, ...rates)
}
