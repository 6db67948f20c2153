import type { Clock, Timer } from '../../base/clock.ts'

export interface TurnOptions {
  /** Blocks that are sent at once. The fewer, the sooner each is whole somewhere and can be passed on; several, so that the line is never idle. */
  readonly turns: number
  /** A turn that takes this much longer than the others have is not counted any more: its receiver is slow, and the line has room. */
  readonly slowTimes: number
  /** And at least so long, ms. */
  readonly slowMs: number
}

/** Found with swarms of 8 and 16 in virtual time (testing/swarm-sim.ts, 2026-11-22): fewer leave the uplink idle, more bring the first relays later. */
export const DEFAULT_TURN_OPTIONS: TurnOptions = { turns: 3, slowTimes: 1.5, slowMs: 300 }

/** How often it is looked for turns that have become slow while others wait, ms. */
const LOOK_MS = 100

/** Share of a new turn in the smoothed time of one. */
const WEIGHT = 0.25

interface Turn {
  readonly startMs: number
  readonly gives: boolean
  counted: boolean
}

interface Waiting {
  readonly peerId: string
  /** It passes on what it gets. */
  readonly gives: boolean
  readonly resolve: (release: () => void) => void
}

/**
 * Who sends the next block. Takers of one uplink get whole blocks in turn rather than all of them a trickle at once: the mean time until a block is somewhere
 * else is halved, and in a swarm every block that is whole is a source more. The turn goes to the peer whose last one is longest ago, of those first who pass on what they get.
 */
export class UploadTurns {
  readonly #options: TurnOptions
  readonly #clock: Clock
  readonly #running = new Set<Turn>()
  readonly #waiting = new Set<Waiting>()
  /** When each peer had its last turn, as a running number; of peers that wait or had one lately. */
  readonly #last = new Map<string, number>()
  #sequence = 0
  #grants = 0
  /** When somebody was served who passes on what it gets. */
  #giverMs = Number.NEGATIVE_INFINITY
  #turnMs: number | undefined
  #timer: Timer | undefined

  constructor(clock: Clock, options: TurnOptions = DEFAULT_TURN_OPTIONS) {
    this.#clock = clock
    this.#options = options
  }

  /** Somebody waits for a turn. */
  get isWanted(): boolean {
    return this.#waiting.size > 0
  }

  /** Somebody who passes on what it gets is being served, with or without a turn. */
  noteGiver(): void {
    this.#giverMs = this.#clock.monotonic()
  }

  /** A turn now, when nobody has to be waited for. @returns to be called at its end; undefined when it has to be waited for */
  tryTake(peerId: string, gives = true): (() => void) | undefined {
    return this.#waiting.size === 0 && this.#hasRoom(gives) ? this.#begin(peerId, gives) : undefined
  }

  /**
   * Resolves with the turn, to be called at its end.
   *
   * @param gives whether the peer passes on what it gets: then it comes before those who do not
   * @throws the signal's reason
   */
  async take(peerId: string, signal: AbortSignal, gives = true): Promise<() => void> {
    signal.throwIfAborted()
    const now = this.tryTake(peerId, gives)
    if (now) return now
    const { promise, resolve, reject } = Promise.withResolvers<() => void>()
    const waiting: Waiting = { peerId, gives, resolve }
    this.#waiting.add(waiting)
    const onAbort = () => {
      if (this.#waiting.delete(waiting)) reject(signal.reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    this.#look()
    try {
      return await promise
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  getDebugState(): Record<string, unknown> {
    return { running: this.#running.size, waiting: this.#waiting.size, turnMs: this.#turnMs }
  }

  /** Those who only take have one turn between them while others are served. */
  #hasRoom(gives: boolean): boolean {
    if (this.#counted() >= this.#options.turns) return false
    if (gives) return true
    const isGiving = this.#clock.monotonic() - this.#giverMs < GIVING_MS
    return !isGiving || ![...this.#running].some((turn) => turn.counted && !turn.gives)
  }

  #counted(): number {
    const nowMs = this.#clock.monotonic()
    const { slowMs, slowTimes } = this.#options
    const limitMs = Math.max(slowMs, slowTimes * (this.#turnMs ?? 0))
    let count = 0
    for (const turn of this.#running) {
      if (nowMs - turn.startMs > limitMs) turn.counted = false
      if (turn.counted) count++
    }
    return count
  }

  #begin(peerId: string, gives: boolean): () => void {
    const turn: Turn = { startMs: this.#clock.monotonic(), counted: true, gives }
    if (gives) this.noteGiver()
    this.#running.add(turn)
    this.#last.delete(peerId)
    this.#last.set(peerId, this.#sequence++)
    if (this.#last.size > MAX_REMEMBERED) this.#last.delete(this.#last.keys().next().value!)
    return () => {
      if (!this.#running.delete(turn)) return
      const tookMs = this.#clock.monotonic() - turn.startMs
      const before = this.#turnMs
      if (turn.counted) this.#turnMs = before === undefined ? tookMs : before + (tookMs - before) * WEIGHT
      this.#grant()
    }
  }

  #grant(): void {
    for (;;) {
      const anybody = this.#grants % FAIR_EVERY === FAIR_EVERY - 1
      let next: Waiting | undefined
      for (const each of this.#waiting)
        if (this.#hasRoom(each.gives) && (!next || this.#isBefore(each, next, anybody))) next = each
      if (!next) return
      this.#grants++
      this.#waiting.delete(next)
      next.resolve(this.#begin(next.peerId, next.gives))
    }
  }

  #isBefore(a: Waiting, b: Waiting, anybody: boolean): boolean {
    if (!anybody && a.gives !== b.gives) return a.gives
    return this.#lastOf(a.peerId) < this.#lastOf(b.peerId)
  }

  #lastOf(peerId: string): number {
    return this.#last.get(peerId) ?? -1
  }

  /** While somebody waits: a turn may become slow without an end. */
  #look(): void {
    if (this.#timer || this.#waiting.size === 0) return
    this.#timer = this.#clock.schedule(() => {
      this.#timer = undefined
      this.#grant()
      this.#look()
    }, LOOK_MS)
  }
}

/** Peers whose last turn is remembered. */
const MAX_REMEMBERED = 1000

/** Those who pass on what they get count as being served for so long after, ms. */
const GIVING_MS = 1000

/** Of so many turns one goes to whoever has waited longest, whether it passes on what it gets or not. */
const FAIR_EVERY = 4
