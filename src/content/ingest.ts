import { availableParallelism } from 'node:os'
import { ShoalError, toShoalError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { CheckJob } from './check-job.ts'
import { HashThread } from './hash-thread.ts'
import { type IngestCallOptions, IngestJob } from './ingest-job.ts'
import type { BlockCheck, BlockVerdict, FileFacts, FileResult, Ingested, SharedHash } from './ingest-types.ts'
import { askPartnerToLeave, breakSharedHash, cancelSharedHash, makeSharedHash } from './shared-hash.ts'

export type { IngestCallOptions } from './ingest-job.ts'
export type { BlockCheck, BlockVerdict, FileFacts, Ingested } from './ingest-types.ts'

export interface IngestOptions {
  /** Hashing threads, at least 1. More than 2 help only when there are many files. */
  threads: number
}

export interface IngestorParts extends Partial<IngestOptions> {
  log: Logger
  /** How a hashing thread is made; a test may hand in threads that break down. */
  newThread?: () => HashThread
}

export const DEFAULT_INGEST_OPTIONS: IngestOptions = {
  threads: Math.min(4, Math.max(2, availableParallelism())),
}

/** Files in one message to a thread: enough that messages cost nothing beside hashing, few enough to spread well. */
const BATCH_FILES = 256

/** A thread gives back what it has not begun after this, ms, so that one slow file does not keep a whole batch waiting. */
const BATCH_BUDGET_MS = 200

/** Files that may wait. A full queue refuses: as many files as the largest folder has is more than any caller should hand over at once. */
const MAX_WAITING = 1_000_000

/** Checks that may wait: far more than there are threads, and who checks hands over a few at a time. */
const MAX_CHECKS = 256

/** A big file that a thread is hashing. */
interface Running {
  readonly path: string
  readonly stat: FileFacts
  readonly shared: SharedHash
  help: 'wanted' | 'there' | 'leaving' | 'over'
}

interface Work {
  readonly kind: 'large' | 'batch' | 'help' | 'check'
  start(thread: HashThread): Promise<void>
}

/**
 * Gives the CID and the SHA-256 of files, each read once, in threads of its own. Many small files go to a thread
 * together; a big one is hashed by two threads at once. One thread stays free of big files, so that small ones never wait for hours.
 *
 * The same threads check blocks that are known ({@link check}), but only while they have nothing else to do: a thread that checks is
 * taken away from it at the next block as soon as there is a file to hash.
 */
export class Ingestor {
  readonly #threadCount: number
  readonly #log: Logger
  readonly #newThread: () => HashThread
  readonly #threads = new Set<HashThread>()
  #waiting: IngestJob[] = []
  #large: IngestJob[] = []
  readonly #active = new Set<IngestJob>()
  readonly #running = new Set<Running>()
  #checks: CheckJob[] = []
  readonly #checking = new Set<CheckJob>()
  /** Memory of big files that are done, to be used again; at most one a thread. */
  readonly #rings: SharedHash['ring'][] = []
  #pumpPlanned = false
  #closed = false

  constructor({ threads = DEFAULT_INGEST_OPTIONS.threads, log, newThread }: IngestorParts) {
    if (!(threads >= 1)) throw new RangeError('hashing needs at least one thread')
    this.#threadCount = threads
    this.#log = log
    this.#newThread = newThread ?? (() => new HashThread())
  }

  /**
   * Hashes one regular file. Hand over many at once: they then travel in batches.
   *
   * @throws ShoalError FILE_CHANGED when size, time of change or inode were not the same before and after; NOT_FOUND,
   * PERMISSION_DENIED, IO; INVALID_ARGUMENT for a folder, device or symbolic link; TOO_LARGE; CANCELLED (also by {@link close}); BUSY when a
   * million files wait; INTERNAL when the thread died
   */
  async ingest(path: string, options: IngestCallOptions = {}): Promise<Ingested> {
    if (options.signal?.aborted) throw toShoalError(options.signal.reason, 'CANCELLED')
    if (this.#closed) throw new ShoalError('CANCELLED', 'Hashing has stopped.')
    if (this.#waiting.length >= MAX_WAITING) throw new ShoalError('BUSY', 'Too many files wait to be hashed.')
    const job = new IngestJob(path, options)
    this.#waiting.push(job)
    this.#planPump()
    return job.result
  }

  /**
   * Reads blocks of files again and compares them with their digests; after everything that is to be hashed. Each call is work for
   * one thread: keep a call to some 32 MiB, and make as many as there are threads.
   *
   * @returns one verdict a check, in order
   * @throws ShoalError CANCELLED (also by {@link close}); BUSY when too many calls wait; INTERNAL when the thread died
   */
  async check(
    checks: readonly BlockCheck[],
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<BlockVerdict[]> {
    if (signal?.aborted) throw toShoalError(signal.reason, 'CANCELLED')
    if (this.#closed) throw new ShoalError('CANCELLED', 'Hashing has stopped.')
    if (this.#checks.length >= MAX_CHECKS) throw new ShoalError('BUSY', 'Too many checks of files wait.')
    const job = new CheckJob(checks, signal)
    this.#checks.push(job)
    this.#planPump()
    return job.result
  }

  /** Ends all threads; whatever is not done is rejected with CANCELLED. */
  async close(): Promise<void> {
    this.#closed = true
    const stopped = new ShoalError('CANCELLED', 'Hashing has stopped.')
    const jobs = [...this.#waiting, ...this.#large, ...this.#active, ...this.#checks, ...this.#checking]
    for (const job of jobs) job.fail(stopped)
    this.#waiting = []
    this.#large = []
    this.#checks = []
    await Promise.all([...this.#threads].map((thread) => thread.terminate()))
  }

  getDebugState(): Record<string, unknown> {
    return {
      threads: this.#threads.size,
      busy: [...this.#threads].filter((thread) => thread.isBusy).length,
      waiting: this.#waiting.length,
      active: this.#active.size,
      large: {
        waiting: this.#large.length,
        running: [...this.#running].map(({ path, help }) => ({ path, help })),
      },
      checks: { waiting: this.#checks.length, running: this.#checking.size },
    }
  }

  /** Later in this turn, so that files handed over together travel together. */
  #planPump(): void {
    if (this.#pumpPlanned) return
    this.#pumpPlanned = true
    queueMicrotask(() => {
      this.#pumpPlanned = false
      this.#pump()
    })
  }

  /** Gives every free thread something to do. */
  #pump(): void {
    if (this.#closed) return
    for (let work = this.#nextWork(); work; work = this.#nextWork()) {
      const thread = this.#freeThread()
      if (!thread) {
        this.#recall(work.kind)
        return
      }
      void work.start(thread).finally(() => this.#planPump())
    }
  }

  /** What to do next: big files first, then small ones, then helping with a big one; checks only when there is nothing else. */
  #nextWork(): Work | undefined {
    if (this.#large.length > 0 && this.#running.size < Math.max(1, this.#threadCount - 1)) {
      return { kind: 'large', start: (thread) => this.#hashLarge(thread) }
    }
    if (this.#waiting.length > 0) {
      const size = Math.min(BATCH_FILES, Math.ceil(this.#waiting.length / this.#threadCount))
      return { kind: 'batch', start: (thread) => this.#hashBatch(thread, size) }
    }
    const alone = [...this.#running].find(({ help }) => help === 'wanted')
    if (alone) return { kind: 'help', start: (thread) => this.#help(thread, alone) }
    this.#checks = this.#checks.filter((job) => !job.isSettled)
    return this.#checks.length > 0
      ? { kind: 'check', start: (thread) => this.#check(thread, this.#checks.shift()!) }
      : undefined
  }

  /** Every thread is taken: one that does what can wait longer is wanted back. */
  #recall(wanted: Work['kind']): void {
    if (wanted === 'check') return
    const checking = [...this.#checking]
    // One that was asked already will come.
    if (checking.some((job) => job.isLeaving)) return
    if (checking[0]) checking[0].leave()
    else if (wanted !== 'help') this.#recallPartner()
  }

  #recallPartner(): void {
    const helped = [...this.#running].find(({ help }) => help === 'there')
    if (!helped) return
    helped.help = 'leaving'
    askPartnerToLeave(helped.shared, true)
  }

  #freeThread(): HashThread | undefined {
    for (const thread of this.#threads) {
      if (thread.isDead) this.#threads.delete(thread)
      else if (!thread.isBusy) return thread
    }
    if (this.#threads.size >= this.#threadCount) return undefined
    const thread = this.#newThread()
    this.#threads.add(thread)
    return thread
  }

  async #hashBatch(thread: HashThread, size: number): Promise<void> {
    const jobs = this.#waiting.splice(0, size).filter((job) => !job.isSettled)
    if (jobs.length === 0) return
    const skip = new Int32Array(new SharedArrayBuffer(jobs.length * Int32Array.BYTES_PER_ELEMENT))
    for (const [index, job] of jobs.entries()) {
      job.state = { at: 'batch', skip, index }
      this.#active.add(job)
    }
    try {
      const paths = jobs.map((job) => job.path)
      const reply = await thread.run({ type: 'batch', paths, skip, budgetMs: BATCH_BUDGET_MS })
      if (reply.type !== 'batch') throw new Error(`a hashing thread answered ${reply.type}`)
      const returned = jobs.filter((job, index) => this.#onResult(job, reply.results[index]!))
      this.#waiting.unshift(...returned)
    } catch (error) {
      this.#onBreakdown(jobs, error)
    } finally {
      for (const job of jobs) this.#active.delete(job)
    }
  }

  /** True when the job has to be tried again. */
  #onResult(job: IngestJob, result: FileResult): boolean {
    if (job.isSettled) return false
    switch (result.status) {
      case 'done':
        job.succeed(result.ingested)
        return false
      case 'failed':
        job.fail(new ShoalError(result.code, result.message))
        return false
      case 'large':
        job.state = { at: 'large', stat: result.stat }
        this.#large.push(job)
        return false
      case 'returned':
        job.state = { at: 'waiting' }
        return true
    }
  }

  async #hashLarge(thread: HashThread): Promise<void> {
    const job = this.#large.shift()!
    if (job.state.at !== 'large') return
    const { stat } = job.state
    let shared: SharedHash
    try {
      shared = makeSharedHash(stat.size, this.#rings.pop())
    } catch (error) {
      job.fail(toShoalError(error))
      return
    }
    const running: Running = { path: job.path, stat, shared, help: 'wanted' }
    job.state = { at: 'hashing', shared }
    this.#active.add(job)
    this.#running.add(running)
    try {
      const request = { type: 'large', path: job.path, stat, shared } as const
      const reply = await thread.run(request, (bytesDone) => job.report(bytesDone))
      if (reply.type !== 'large') throw new Error(`a hashing thread answered ${reply.type}`)
      this.#onResult(job, reply.result)
      // Only a file that was hashed to its end leaves the memory untouched by a partner.
      if (reply.result.status === 'done') this.#rings.push(shared.ring)
      else cancelSharedHash(shared)
    } catch (error) {
      breakSharedHash(shared)
      this.#onBreakdown([job], error)
    } finally {
      this.#running.delete(running)
      this.#active.delete(job)
    }
  }

  async #help(thread: HashThread, running: Running): Promise<void> {
    const { path, stat, shared } = running
    running.help = 'there'
    askPartnerToLeave(shared, false)
    try {
      await thread.run({ type: 'help', path, stat, shared })
      // One that was sent away may come again; one that left by itself found nothing more to do.
      running.help = (running.help as Running['help']) === 'leaving' ? 'wanted' : 'over'
    } catch (error) {
      running.help = 'over'
      breakSharedHash(shared)
      this.#onBreakdown([], error)
    }
  }

  async #check(thread: HashThread, job: CheckJob): Promise<void> {
    this.#checking.add(job)
    try {
      const reply = await thread.run(job.request())
      if (reply.type !== 'check') throw new Error(`a hashing thread answered ${reply.type}`)
      job.take(reply.parts)
      if (!job.isSettled) this.#checks.unshift(job)
    } catch (error) {
      this.#onBreakdown([job], error)
    } finally {
      this.#checking.delete(job)
    }
  }

  #onBreakdown(jobs: readonly (IngestJob | CheckJob)[], error: unknown): void {
    if (this.#closed) return
    this.#log.error(
      { err: error, files: jobs.map((job) => job.path).slice(0, 10) },
      'a hashing thread broke down',
    )
    for (const job of jobs) job.fail(toShoalError(error))
  }
}
