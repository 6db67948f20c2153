import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import type { VerifyStore } from '../../storage/verify-store.ts'
import type { Finding, FoundBlocks, VerifyRun } from '../../storage/verify-types.ts'
import type { PlannedFile } from './plan.ts'

/**
 * What is noted at the latest after so long, ms, so many bytes, or so many files: a crash costs no more than this and what is being read, and one
 * note takes some 10 ms.
 */
const FLUSH_MS = 1000
const FLUSH_BYTES = 256 * 1024 * 1024
const FLUSH_FILES = 500

interface Pending {
  readonly parts: Map<number, { id: number; done: Uint8Array; found: FoundBlocks }>
  readonly finished: number[]
  readonly findings: Finding[]
  bytes: number
  unreadBytes: number
}

const nothing = (): Pending => ({ parts: new Map(), finished: [], findings: [], bytes: 0, unreadBytes: 0 })

export interface JournalParts {
  readonly store: VerifyStore
  readonly clock: Clock
  readonly log: Logger
}

/** Collects what is done and notes it now and then, because each note waits for the disk. */
export class VerifyJournal {
  readonly #parts: JournalParts
  /** The clock's time at which the run would have begun, had it never been interrupted. */
  readonly #beganMs: number
  #pending = nothing()
  #flushedMs: number
  #isFailing = false

  constructor(parts: JournalParts, run: VerifyRun) {
    this.#parts = parts
    this.#flushedMs = parts.clock.monotonic()
    this.#beganMs = this.#flushedMs - run.activeMs
  }

  /** The run with what is not noted yet. */
  run(): VerifyRun | undefined {
    const run = this.#parts.store.run()
    const { finished, findings, bytes, unreadBytes } = this.#pending
    return (
      run && {
        ...run,
        files: run.files + finished.length,
        bytes: run.bytes + bytes,
        bytesTotal: run.bytesTotal - unreadBytes,
        damaged: run.damaged + findings.length,
        activeMs: this.#activeMs,
      }
    )
  }

  /** A part of a file was read. */
  read({ file, ranges }: PlannedFile, bytes: number, found: FoundBlocks): void {
    this.#pending.bytes += bytes
    if (!ranges.isDone) this.#pending.parts.set(file.id, { id: file.id, done: ranges.bitmap, found })
  }

  /** A file is done, or need not be read any further. */
  finish({ file }: PlannedFile, unreadBytes: number, finding?: Finding): void {
    this.#pending.parts.delete(file.id)
    this.#pending.finished.push(file.id)
    this.#pending.unreadBytes += unreadBytes
    if (finding) this.#pending.findings.push(finding)
  }

  /** Notes what there is when it is time. */
  flushSometimes(): void {
    const sinceMs = this.#parts.clock.monotonic() - this.#flushedMs
    const { bytes, finished } = this.#pending
    if (sinceMs >= FLUSH_MS || bytes >= FLUSH_BYTES || finished.length >= FLUSH_FILES) this.flush()
  }

  /** Notes what there is. What cannot be noted is kept for the next time: the worst is that it is read again. */
  flush(): void {
    const { store, clock, log } = this.#parts
    this.#flushedMs = clock.monotonic()
    const { parts, ...rest } = this.#pending
    try {
      store.commit({ ...rest, parts: [...parts.values()], activeMs: this.#activeMs })
      this.#pending = nothing()
      this.#isFailing = false
    } catch (error) {
      if (!this.#isFailing) log.error({ err: error }, 'the progress of a verification cannot be noted')
      this.#isFailing = true
    }
  }

  get #activeMs(): number {
    return this.#parts.clock.monotonic() - this.#beganMs
  }
}
