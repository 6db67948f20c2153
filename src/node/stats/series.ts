import type { SeriesView } from '../../api/views/stats-view.ts'
import type { Clock, Timer } from '../../base/clock.ts'
import { StepRing } from './step-ring.ts'

/** What only grows; a series has what came in each step. */
export const AMOUNTS = ['uploadedBytes', 'downloadedBytes', 'blockFailures', 'searches', 'queries'] as const
/** What goes up and down; a series has what it was at the end of each step. */
export const LEVELS = ['peersAlive', 'neighbours'] as const

const COLUMNS = [...AMOUNTS, ...LEVELS] as const

/** All of it at one moment. */
export type Reading = Readonly<Record<(typeof COLUMNS)[number], number>>

export const STEP_MS = 10_000
const STEPS_PER_MINUTE = 6
export const HOUR_STEPS = 360
export const DAY_STEPS = 1440

export interface SeriesSetup {
  readonly clock: Clock
  /** Asked once a step. */
  readonly read: () => Reading
}

/** The last hour in steps of 10 s, and the last day in steps of a minute, counted from the start. */
export class StatsSeries {
  readonly #setup: SeriesSetup
  readonly #hour = new StepRing({ capacity: HOUR_STEPS, width: COLUMNS.length })
  readonly #day = new StepRing({ capacity: DAY_STEPS, width: COLUMNS.length })
  readonly #originMs: number
  /** Steps that are over. */
  #steps = 0
  #last: readonly number[]
  /** Amounts of the minute that goes on. */
  readonly #minute = AMOUNTS.map(() => 0)
  #timer: Timer | undefined

  /** Begins to read. */
  constructor(setup: SeriesSetup) {
    this.#setup = setup
    this.#originMs = setup.clock.monotonic()
    this.#last = this.#read()
    this.#arm()
  }

  stop(): void {
    this.#timer?.cancel()
  }

  hour(): SeriesView {
    return this.#view(this.#hour, STEP_MS)
  }

  day(): SeriesView {
    return this.#view(this.#day, STEP_MS * STEPS_PER_MINUTE)
  }

  #arm(): void {
    const { clock } = this.#setup
    const dueMs = this.#originMs + (this.#steps + 1) * STEP_MS
    // Timers fire up to a millisecond early.
    const waitMs = Math.max(1, dueMs - clock.monotonic() + 1)
    this.#timer = clock.schedule(() => {
      this.#close()
      this.#arm()
    }, waitMs)
  }

  /** Closes the steps that are over. When several are, the machine slept: what was counted belongs to the last one. */
  #close(): void {
    const over = Math.floor((this.#setup.clock.monotonic() - this.#originMs) / STEP_MS)
    if (over <= this.#steps) return
    const values = this.#read()
    const amounts = AMOUNTS.map((_, i) => Math.max(0, values[i]! - this.#last[i]!))
    const nothing = AMOUNTS.map(() => 0)
    const before = this.#last.slice(AMOUNTS.length)
    const dayAgo = over - 1 - DAY_STEPS * STEPS_PER_MINUTE
    if (this.#steps < dayAgo) {
      // What is older would be written over at once.
      this.#steps = dayAgo
      this.#minute.fill(0)
    }
    while (this.#steps < over - 1) this.#push(nothing, before)
    this.#push(amounts, values.slice(AMOUNTS.length))
    this.#last = values
  }

  #push(amounts: readonly number[], levels: readonly number[]): void {
    this.#steps++
    this.#hour.push([...amounts, ...levels])
    for (const [i, amount] of amounts.entries()) this.#minute[i]! += amount
    if (this.#steps % STEPS_PER_MINUTE > 0) return
    this.#day.push([...this.#minute, ...levels])
    this.#minute.fill(0)
  }

  #read(): readonly number[] {
    const reading = this.#setup.read()
    return COLUMNS.map((name) => reading[name])
  }

  #view(ring: StepRing, stepMs: number): SeriesView {
    this.#close()
    const { clock } = this.#setup
    const sinceStartMs = clock.monotonic() - this.#originMs
    const endedMs = Math.floor((this.#steps * STEP_MS) / stepMs) * stepMs
    const lists = Object.fromEntries(COLUMNS.map((name, i) => [name, ring.column(i)]))
    const endMs = Math.round(clock.now() - (sinceStartMs - endedMs))
    return { stepMs, endMs, ...(lists as Record<(typeof COLUMNS)[number], number[]>) }
  }
}
