/** Whether a process does its work yet, or still. */
export interface Readiness {
  /** Names of the steps that are to be done, or `not stopping` when it is about to end; empty when it is ready. */
  readonly missing: readonly string[]
}
