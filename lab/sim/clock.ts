import type { Clock } from '../../src/base/clock.ts'

/** What o'clock it is in a world, and how to let time go by in it. */
export interface LabClock extends Clock {
  /** Events run so far. */
  readonly events: number
  /** Time stands still, if it can, until `work`, which happens outside of the simulation (a database thread, say), is done. */
  outside<T>(work: Promise<T>): Promise<T>
  /** Lets `ms` go by. */
  run(ms: number): Promise<void>
  /** Lets time go by until `done` says so, or for `maxMs`. True when `done` said so. */
  runUntil(done: () => boolean, maxMs: number): Promise<boolean>
}
