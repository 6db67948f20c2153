import type { Clock, Timer } from '../../base/clock.ts'
import type { RelayOptions } from './options.ts'
import { TokenBucket } from './token-bucket.ts'

type Rates = Pick<RelayOptions, 'peerBytesPerSecond' | 'bytesPerSecond'>

/** One turn of a flow, bytes: small enough that many can share, large enough that turns are cheap. */
const MAX_TURN_BYTES = 64 * 1024
const MIN_TURN_BYTES = 1024
/** A turn at the slowest rate takes no longer than this, ms. */
const TURN_MS = 50

interface PeerBucket {
  readonly bucket: TokenBucket
  users: number
}

/** A flow's place among those who share the rates. */
export interface RateTicket {
  /** Bytes of `wanted` that may pass at once. 0: `onTurn` is called when it may be asked again. */
  take(wanted: number): number
  leave(): void
}

/**
 * Shares the rates: in turns among the peers that have dialled, and within one peer among its flows. Many connections of one peer so get no
 * more than one connection of another. Without rates everything passes at once.
 */
export class RateShare {
  readonly #clock: Clock
  readonly #all: TokenBucket
  readonly #peers = new Map<string, PeerBucket>()
  /** Who waits, by the peer that dialled, in order of turns; within, the flows in order of arrival. */
  readonly #waiting = new Map<string, Set<Ticket>>()
  #rates: Rates
  #timer: Timer | undefined
  #scheduled = false

  constructor(clock: Clock, rates: Rates) {
    this.#clock = clock
    this.#rates = rates
    this.#all = new TokenBucket(rates.bytesPerSecond, clock.monotonic())
  }

  update(rates: Rates): void {
    this.#rates = rates
    const now = this.#clock.monotonic()
    this.#all.setRate(rates.bytesPerSecond, now)
    for (const { bucket } of this.#peers.values()) bucket.setRate(rates.peerBytesPerSecond, now)
    this.#wake()
  }

  /** A place for one flow of the connection that `dialler` opened to `target`. */
  join(dialler: string, target: string, onTurn: () => void): RateTicket {
    const buckets = [this.#all, this.#enter(dialler), this.#enter(target)]
    const ticket: Ticket = { buckets, onTurn, hasTurn: false }
    return {
      take: (wanted) => this.#take(ticket, dialler, wanted),
      leave: () => {
        if (ticket.left) return
        ticket.left = true
        this.#dequeue(ticket, dialler)
        this.#exit(dialler)
        this.#exit(target)
      },
    }
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#waiting.clear()
  }

  #take(ticket: Ticket, dialler: string, wanted: number): number {
    const { bytesPerSecond, peerBytesPerSecond } = this.#rates
    if (bytesPerSecond === 0 && peerBytesPerSecond === 0) return wanted
    if (!ticket.hasTurn) {
      this.#enqueue(ticket, dialler)
      return 0
    }
    ticket.hasTurn = false
    const bytes = Math.min(wanted, turnBytes(this.#rates))
    const now = this.#clock.monotonic()
    for (const bucket of ticket.buckets) bucket.take(bytes, now)
    return bytes
  }

  #enqueue(ticket: Ticket, dialler: string): void {
    if (ticket.left) return
    const queue = this.#waiting.get(dialler)
    if (queue) queue.add(ticket)
    else this.#waiting.set(dialler, new Set([ticket]))
    this.#wake()
  }

  #dequeue(ticket: Ticket, dialler: string): void {
    const queue = this.#waiting.get(dialler)
    queue?.delete(ticket)
    if (queue?.size === 0) this.#waiting.delete(dialler)
  }

  /** Hands out turns as soon as what runs now is done. */
  #wake(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#handOut()
    })
  }

  #handOut(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    let soonestMs = Number.POSITIVE_INFINITY
    // Each peer that waits gets one turn; who wants more stands at the end of the line again.
    for (const dialler of [...this.#waiting.keys()]) {
      const { ticket, waitMs } = this.#next(dialler)
      if (ticket) {
        const rest = this.#waiting.get(dialler)
        this.#waiting.delete(dialler)
        if (rest && rest.size > 0) this.#waiting.set(dialler, rest)
        ticket.hasTurn = true
        ticket.onTurn()
        ticket.hasTurn = false
        soonestMs = 0
      } else soonestMs = Math.min(soonestMs, waitMs)
    }
    if (this.#waiting.size === 0) return
    if (soonestMs === 0) this.#wake()
    else this.#timer = this.#clock.schedule(() => this.#handOut(), Math.max(1, soonestMs))
  }

  /** The flow of `dialler` that may go on now, taken out of the queue; else how long until one may. */
  #next(dialler: string): { ticket?: Ticket; waitMs: number } {
    const now = this.#clock.monotonic()
    const queue = this.#waiting.get(dialler)
    let soonestMs = Number.POSITIVE_INFINITY
    for (const ticket of queue ?? []) {
      const waitMs = Math.max(...ticket.buckets.map((bucket) => bucket.waitMs(now)))
      if (waitMs === 0) {
        queue!.delete(ticket)
        return { ticket, waitMs }
      }
      soonestMs = Math.min(soonestMs, waitMs)
    }
    return { waitMs: soonestMs }
  }

  #enter(peerId: string): TokenBucket {
    const held = this.#peers.get(peerId)
    if (held) {
      held.users++
      return held.bucket
    }
    const bucket = new TokenBucket(this.#rates.peerBytesPerSecond, this.#clock.monotonic())
    this.#peers.set(peerId, { bucket, users: 1 })
    return bucket
  }

  #exit(peerId: string): void {
    const held = this.#peers.get(peerId)
    if (held && --held.users === 0) this.#peers.delete(peerId)
  }
}

interface Ticket {
  readonly buckets: readonly TokenBucket[]
  readonly onTurn: () => void
  hasTurn: boolean
  left?: boolean
}

function turnBytes({ bytesPerSecond, peerBytesPerSecond }: Rates): number {
  const slowest = Math.min(
    bytesPerSecond || Number.POSITIVE_INFINITY,
    peerBytesPerSecond || Number.POSITIVE_INFINITY,
  )
  return Math.floor(Math.min(MAX_TURN_BYTES, Math.max(MIN_TURN_BYTES, (slowest * TURN_MS) / 1000)))
}
