import type { Clock, Timer } from '../../base/clock.ts'
import { ShoalError, toShoalError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import type { Random } from '../../base/random.ts'
import { abortable } from '../../base/signals.ts'
import type { WishRecord } from '../../storage/wish-types.ts'
import type { WishOptions } from './options.ts'
import { nextTurn, openAtMs, turnAtMs, type WishPace, type WishTurn } from './plan.ts'

/** Longest timer, ms: the wall clock may jump meanwhile. */
const MAX_TIMER_MS = 60_000

export interface WishRunnerSetup {
  /** As they were added; asked each time. */
  readonly wishes: () => readonly WishRecord[]
  /** Searches for one wish and deals with what is found. Rejects when nobody could be asked. */
  readonly search: (wish: WishRecord, signal: AbortSignal) => Promise<void>
  readonly hasPeers: () => boolean
  /** The node has been without a peer for so long that nobody is there. */
  readonly onAlone: () => void
  readonly intervalMs: () => number
  readonly options: WishOptions
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

type Attempt = Omit<WishTurn, 'id'>

/** Searches for each wish at its time, one at a time. */
export class WishRunner {
  readonly #setup: WishRunnerSetup
  readonly #startedMs: number
  readonly #attempts = new Map<string, Attempt>()
  readonly #life = new AbortController()
  #running: { readonly id: string; readonly done: Promise<void> } | undefined
  #lastMs: number | undefined
  #timer: Timer | undefined
  #started = false

  constructor(setup: WishRunnerSetup) {
    this.#setup = setup
    this.#startedMs = setup.clock.monotonic()
  }

  start(): void {
    this.#started = true
    this.changed()
  }

  /** Ends the search that goes on. */
  async stop(): Promise<void> {
    this.#started = false
    this.#timer?.cancel()
    this.#life.abort(new ShoalError('CANCELLED'))
    await this.#running?.done.catch(() => {})
  }

  /** The list or the interval is another one. */
  changed(): void {
    this.#guarded(() => {
      const ids = new Set(this.#setup.wishes().map(({ id }) => id))
      for (const id of this.#attempts.keys()) if (!ids.has(id)) this.#attempts.delete(id)
      this.#arm(0)
    })
  }

  /** Tells of wishes when each is searched for at the earliest, ms since the Unix epoch; undefined while no peer is known. */
  times(): (wish: WishRecord) => number | undefined {
    if (!this.#setup.hasPeers()) return () => undefined
    const [pace, now] = [this.#pace(), this.#setup.clock.now()]
    return (wish) => turnAtMs(this.#turnOf(wish), pace, now)
  }

  /**
   * Searches for a wish now, or joins the search for it that goes on.
   *
   * @throws UNAVAILABLE while no peer is known; RATE_LIMITED when another is searched for, or one was a moment ago; what the search throws
   */
  async searchNow(wish: WishRecord, signal: AbortSignal): Promise<void> {
    if (this.#running?.id === wish.id) return abortable(this.#running.done, signal)
    const { options, clock, hasPeers } = this.#setup
    // A search that asks nobody would say that nothing was there.
    if (!hasPeers()) throw new ShoalError('UNAVAILABLE', 'This node knows no peer yet. Try again later.')
    const now = clock.now()
    const openMs = openAtMs({ ...this.#pace(), earliestMs: now }, now)
    const retryAfterMs = this.#running ? options.gapMs : openMs - now
    if (retryAfterMs > 0) {
      const seconds = Math.ceil(retryAfterMs / 1000)
      throw new ShoalError(
        'RATE_LIMITED',
        `Wishes are searched for every ${options.gapMs / 1000} s at most. Try again in ${seconds} s.`,
        { details: { retryAfterMs } },
      )
    }
    return abortable(this.#run(wish), signal)
  }

  getDebugState(): Record<string, unknown> {
    const attempts = [...this.#attempts].map(([id, attempt]) => ({ id, ...attempt }))
    return { running: this.#running?.id ?? null, lastMs: this.#lastMs ?? null, attempts }
  }

  #pace(): WishPace {
    const { options, clock, intervalMs } = this.#setup
    const upMs = Math.floor(clock.monotonic() - this.#startedMs)
    const earliestMs = clock.now() + Math.max(0, options.startDelayMs - upMs)
    return { intervalMs: intervalMs(), gapMs: options.gapMs, lastMs: this.#lastMs, earliestMs }
  }

  #turnOf({ id, lastSearchedMs }: WishRecord): WishTurn {
    return { id, ...(this.#attempts.get(id) ?? { triedMs: lastSearchedMs, failures: 0, jitter: 0 }) }
  }

  /** Does what reads the list, unless it is stopped or busy; what cannot be read is tried again later. */
  #guarded(work: () => void): void {
    const { clock, log } = this.#setup
    this.#timer?.cancel()
    if (!this.#started || this.#running) return
    try {
      work()
    } catch (error) {
      log.warn({ err: error }, 'the wishes cannot be read')
      this.#timer = clock.schedule(() => this.#look(), MAX_TIMER_MS)
    }
  }

  /** Looks again when something is due, but not within `leastMs`. */
  #arm(leastMs: number): void {
    const { wishes, clock } = this.#setup
    const next = this.#next(wishes())
    if (!next) return
    const waitMs = Math.min(MAX_TIMER_MS, Math.max(leastMs, next.atMs - clock.now()))
    this.#timer = clock.schedule(() => this.#look(), waitMs)
  }

  #next(wishes: readonly WishRecord[]): { id: string; atMs: number } | undefined {
    const turns = wishes.map((wish) => this.#turnOf(wish))
    return nextTurn(turns, this.#pace(), this.#setup.clock.now())
  }

  #look(): void {
    this.#guarded(() => this.#startDue())
  }

  /** Begins the search that is due, if one is and there is anybody to ask. */
  #startDue(): void {
    const { wishes, hasPeers, onAlone, clock, options } = this.#setup
    if (!hasPeers()) {
      if (clock.monotonic() - this.#startedMs >= options.aloneMs) onAlone()
      this.#arm(options.offlineMs)
      return
    }
    const list = wishes()
    const next = this.#next(list)
    const due = next && next.atMs <= clock.now() ? list.find(({ id }) => id === next.id) : undefined
    // Whoever wants to know asks for the wish; here it is tried again later.
    if (due) this.#run(due).catch(() => {})
    else this.#arm(0)
  }

  /** Searches, and notes how it went. */
  #run(wish: WishRecord): Promise<void> {
    const { search, clock, random, log } = this.#setup
    this.#timer?.cancel()
    const triedMs = clock.now()
    const failuresBefore = this.#turnOf(wish).failures
    this.#lastMs = triedMs
    const note = (failures: number) =>
      this.#attempts.set(wish.id, { triedMs, failures, jitter: random.float() })
    const attempt = async () => {
      try {
        await search(wish, this.#life.signal)
        note(0)
      } catch (error) {
        const { code, message } = toShoalError(error)
        note(failuresBefore + 1)
        if (code !== 'CANCELLED') log.info({ wish: wish.id, code, message }, 'a wish was not searched for')
        throw error
      } finally {
        this.#running = undefined
        this.changed()
      }
    }
    const done = attempt()
    this.#running = { id: wish.id, done }
    return done
  }
}
