/** `warn`: works, but less than it could. `skipped`: cannot be told from here, or does not apply; the detail says why. */
export type DoctorStatus = 'ok' | 'warn' | 'broken' | 'skipped'

/** One thing that was looked at. */
export interface DoctorCheck {
  /** Stable name for programs, such as `reachability`; `index` comes once for each index server. */
  readonly id: string
  readonly status: DoctorStatus
  /** What was looked at, for people. */
  readonly title: string
  /** What was found. */
  readonly detail: string
  /** What to do, with the exact setting, flag or command; empty when nothing is to be done. */
  readonly fix: string
}
