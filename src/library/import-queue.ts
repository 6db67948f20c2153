import type { SharedEntry } from '../content/entry.ts'
import type { PathKey } from '../storage/catalogue-types.ts'
import { isBelow, keyText, type ShareFile } from './file-key.ts'

/** A file that waits to be hashed, or is. */
export interface ImportJob {
  readonly file: ShareFile
  readonly sizeBytes: number
  bytesDone: number
  readonly waiters: PromiseWithResolvers<SharedEntry>[]
}

/** Files that wait to be hashed, each once, in order of arrival; urgent ones before all others. */
export class ImportQueue {
  readonly #capacity: number
  /** Jobs by key. A job stands in a lane exactly while it stands here; what stands only in a lane was removed. */
  readonly #jobs = new Map<string, ImportJob>()
  readonly #perShare = new Map<number, number>()
  #urgent = new Lane()
  #normal = new Lane()
  #sizeBytes = 0

  /** @param capacity how many {@link add} takes; urgent ones are bounded by whoever waits for them */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#jobs.size
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  hasShare(shareId: number): boolean {
    return (this.#perShare.get(shareId) ?? 0) > 0
  }

  /** True when the job, or one for the same file, waits now. */
  add(job: ImportJob): boolean {
    if (this.#jobs.has(keyText(job.file))) return true
    if (this.#jobs.size >= this.#capacity) return false
    this.#enter(job)
    this.#normal.push(job)
    return true
  }

  /** Adds an urgent job; takes over those who wait for the same file. */
  addFirst(job: ImportJob): void {
    const known = this.#jobs.get(keyText(job.file))
    if (known) {
      job.waiters.push(...known.waiters.splice(0))
      this.#leave(known)
    }
    this.#enter(job)
    this.#urgent.push(job)
  }

  take(): ImportJob | undefined {
    for (const lane of [this.#urgent, this.#normal]) {
      for (let job = lane.shift(); job; job = lane.shift()) {
        if (this.#jobs.get(keyText(job.file)) !== job) continue
        this.#leave(job)
        return job
      }
    }
    return undefined
  }

  /** Removes and gives the jobs of a folder. */
  removeBelow(folder: PathKey): ImportJob[] {
    const removed = [...this.#jobs.values()].filter((job) => isBelow(job.file, folder))
    for (const job of removed) this.#leave(job)
    return removed
  }

  clear(): ImportJob[] {
    const removed = [...this.#jobs.values()]
    for (const job of removed) this.#leave(job)
    this.#urgent = new Lane()
    this.#normal = new Lane()
    return removed
  }

  #enter(job: ImportJob): void {
    this.#jobs.set(keyText(job.file), job)
    this.#count(job, 1)
  }

  #leave(job: ImportJob): void {
    this.#jobs.delete(keyText(job.file))
    this.#count(job, -1)
  }

  #count({ file: { shareId }, sizeBytes }: ImportJob, sign: 1 | -1): void {
    this.#sizeBytes += sign * sizeBytes
    const left = (this.#perShare.get(shareId) ?? 0) + sign
    if (left > 0) this.#perShare.set(shareId, left)
    else this.#perShare.delete(shareId)
  }
}

/** An array whose head moves: `Array.shift` moves all the rest, which 100,000 files would feel. */
class Lane {
  #jobs: ImportJob[] = []
  #head = 0

  push(job: ImportJob): void {
    this.#jobs.push(job)
  }

  shift(): ImportJob | undefined {
    const job = this.#jobs[this.#head++]
    if (job === undefined || this.#head > 10_000) {
      this.#jobs = this.#jobs.slice(this.#head)
      this.#head = 0
    }
    return job
  }
}
