import { DEFAULT_INGEST_OPTIONS } from '../content/ingest.ts'

/** How the library watches and imports. Every default stands in {@link DEFAULT_LIBRARY_OPTIONS} and nowhere else. */
export interface LibraryOptions {
  /** Pause between two full rescans, ms. They find what the watcher missed; each stats every file. Minimum 1000. */
  readonly rescanMs: number
  /** A file is imported when its size and time did not change for so long, ms. Less shares files that are still being written. */
  readonly settleMs: number
  /** Share names that begin with a dot. */
  readonly hidden: boolean
  /** Files handed to the hashing threads at once; they take many small ones together. */
  readonly hashConcurrency: number
  /** Files that may wait to be hashed. What is over is found again by a rescan when they are done. */
  readonly maxQueuedFiles: number
  /** Files watched until they settle. What is over is found by the next rescan, settled then. */
  readonly maxSettling: number
  /** Events of the watcher that may wait; more become one full rescan. */
  readonly maxPendingEvents: number
  /** Wait before the CIDs of changed folders are computed, ms: changes rarely come alone. */
  readonly folderDelayMs: number
  /** Files that are verified at once. As many as there are hashing threads; more only wait for each other. */
  readonly verifyReaders: number
}

export const DEFAULT_LIBRARY_OPTIONS: LibraryOptions = {
  rescanMs: 30_000,
  settleMs: 2000,
  hidden: false,
  hashConcurrency: 512,
  maxQueuedFiles: 200_000,
  maxSettling: 20_000,
  maxPendingEvents: 20_000,
  folderDelayMs: 300,
  verifyReaders: DEFAULT_INGEST_OPTIONS.threads,
}
