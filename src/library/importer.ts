import { ShoalError, toShoalError } from '../base/errors.ts'
import { Emitter } from '../base/events.ts'
import type { Logger } from '../base/log.ts'
import type { SharedEntry } from '../content/entry.ts'
import type { Ingested, Ingestor } from '../content/ingest.ts'
import type { Catalogue } from '../storage/catalogue.ts'
import { type CatalogueChange, type PathKey, sameStat } from '../storage/catalogue-types.ts'
import { isBelow, keyText, type ShareFile } from './file-key.ts'
import { type ImportJob, ImportQueue } from './import-queue.ts'
import { statOrNothing, toDiskStat } from './listing.ts'
import type { DiskStat } from './settle.ts'

/** Files written to the catalogue in one transaction: some 10 ms of work. */
const BATCH_FILES = 128

/** Failures that are remembered so that each is said once. */
const MAX_REPORTED = 1000

/** What is being hashed. */
export interface HashingProgress {
  /** Files that are not done. */
  readonly files: number
  /** Of all files since hashing began, those that are done included. */
  readonly bytesDone: number
  readonly bytesTotal: number
}

export interface ImporterParts {
  readonly catalogue: Catalogue
  readonly ingestor: Pick<Ingestor, 'ingest'>
  readonly log: Logger
  /** Files hashed at once. */
  readonly concurrency: number
  /** Files that may wait. */
  readonly capacity: number
  readonly onChange: (change: CatalogueChange) => void
  /** The file changed while it was hashed: it has to settle first. */
  readonly onUnsettled: (file: ShareFile, stat: DiskStat) => void
}

/** Hashes files and puts them into the catalogue, many at a time. */
export class Importer {
  /** Nothing waits, or nothing is hashed: some share may have nothing more to do. */
  readonly drained = new Emitter<void>()
  readonly #parts: ImporterParts
  readonly #queue: ImportQueue
  /** Being hashed. */
  readonly #active = new Map<string, { job: ImportJob; abort: AbortController }>()
  #hashed: { job: ImportJob; result: Ingested }[] = []
  #flushing: Promise<void> | undefined
  #finishedBytes = 0
  readonly #reported = new Set<string>()
  #stopped = false

  constructor(parts: ImporterParts) {
    this.#parts = parts
    this.#queue = new ImportQueue(parts.capacity)
  }

  /** Files that are not in the catalogue yet. */
  get pending(): number {
    return this.#queue.size + this.#active.size + this.#hashed.length + (this.#flushing ? 1 : 0)
  }

  get hashing(): HashingProgress | undefined {
    if (this.#queue.size + this.#active.size === 0) return undefined
    let bytesDone = this.#finishedBytes
    let bytesTotal = this.#finishedBytes + this.#queue.sizeBytes
    for (const { job } of this.#active.values()) {
      bytesDone += job.bytesDone
      bytesTotal += Math.max(job.sizeBytes, job.bytesDone)
    }
    return { files: this.#queue.size + this.#active.size, bytesDone, bytesTotal }
  }

  /** True while a file of that share waits or is being hashed. */
  isBusy(shareId: number): boolean {
    if (this.#flushing || this.#hashed.length > 0 || this.#queue.hasShare(shareId)) return true
    return [...this.#active.values()].some(({ job }) => job.file.shareId === shareId)
  }

  /** Imports a file when its turn comes; one that waits already is not taken twice. False when the queue is full. */
  enqueue(file: ShareFile, sizeBytes: number): boolean {
    if (this.#stopped || this.#active.has(keyText(file))) return true
    const accepted = this.#queue.add({ file, sizeBytes, bytesDone: 0, waiters: [] })
    this.#pump()
    return accepted
  }

  /**
   * Imports a file before those that wait, and resolves when it is in the catalogue.
   *
   * @throws ShoalError FILE_CHANGED, NOT_FOUND, PERMISSION_DENIED, IO; CANCELLED when it is no longer shared or the node stops
   */
  importNow(file: ShareFile, sizeBytes: number): Promise<SharedEntry> {
    if (this.#stopped) return Promise.reject(new ShoalError('CANCELLED'))
    const waiter = Promise.withResolvers<SharedEntry>()
    const active = this.#active.get(keyText(file))
    if (active) active.job.waiters.push(waiter)
    else this.#queue.addFirst({ file, sizeBytes, bytesDone: 0, waiters: [waiter] })
    this.#pump()
    return waiter.promise
  }

  /** Gives up files that are no longer shared. */
  cancelBelow(folder: PathKey): void {
    for (const job of this.#queue.removeBelow(folder)) reject(job, new ShoalError('CANCELLED'))
    for (const { job, abort } of this.#active.values()) if (isBelow(job.file, folder)) abort.abort()
  }

  /** Gives up what is not hashed, writes what is. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const job of this.#queue.clear()) reject(job, new ShoalError('CANCELLED'))
    for (const { abort } of this.#active.values()) abort.abort()
    while (this.#active.size > 0 || this.#flushing) {
      await new Promise((resolve) => setImmediate(resolve))
      await this.#flushing
    }
  }

  #pump(): void {
    while (this.#active.size < this.#parts.concurrency) {
      const job = this.#queue.take()
      if (!job) return
      void this.#hash(job)
    }
  }

  async #hash(job: ImportJob): Promise<void> {
    const key = keyText(job.file)
    const abort = new AbortController()
    this.#active.set(key, { job, abort })
    try {
      const result = await this.#parts.ingestor.ingest(job.file.absPath, {
        signal: abort.signal,
        onProgress: (bytesDone) => {
          job.bytesDone = bytesDone
        },
      })
      this.#hashed.push({ job, result })
      this.#flushing ??= this.#flush()
    } catch (error) {
      await this.#failed(job, toShoalError(error, 'IO'))
    } finally {
      this.#active.delete(key)
      this.#finishedBytes += job.sizeBytes
      this.#pump()
      this.#rest()
    }
  }

  async #flush(): Promise<void> {
    // Results come in bunches: let the rest of this one arrive.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#hashed.length > 0) {
      const batch = this.#hashed.splice(0, BATCH_FILES)
      try {
        await this.#write(batch)
      } catch (error) {
        this.#parts.log.error(
          { err: error, files: batch.length },
          'files could not be put into the catalogue',
        )
        for (const { job } of batch) reject(job, toShoalError(error))
      }
    }
    this.#flushing = undefined
    this.#rest()
  }

  async #write(batch: { job: ImportJob; result: Ingested }[]): Promise<void> {
    const { catalogue, onChange, onUnsettled } = this.#parts
    // A change between hashing and writing would otherwise go unseen until the next rescan. Nothing is awaited between this look and the write.
    const facts = await Promise.all(batch.map(({ job }) => statOrNothing(job.file.absPath)))
    const good: typeof batch = []
    batch.forEach((item, i) => {
      const { file } = item.job
      const stat = facts[i]?.isFile() ? toDiskStat(facts[i]) : undefined
      if (!catalogue.share(file.shareId) || catalogue.isExcluded(file.shareId, file.relPath)) {
        reject(item.job, new ShoalError('CANCELLED', `${file.absPath} is no longer shared.`))
      } else if (!stat) {
        reject(item.job, new ShoalError('NOT_FOUND', `${file.absPath} is gone.`))
      } else if (!sameStat(stat, item.result.stat)) {
        reject(item.job, new ShoalError('FILE_CHANGED', `${file.absPath} changed while it was read.`))
        onUnsettled(file, stat)
      } else good.push(item)
    })
    if (good.length === 0) return
    const change = catalogue.putFiles(
      good.map(({ job, result }) => ({
        shareId: job.file.shareId,
        relPath: job.file.relPath,
        cid: result.cid,
        sha256: result.sha256,
        digests: result.digests,
        totalBytes: result.totalBytes,
        stat: result.stat,
      })),
    )
    onChange(change)
    for (const { job, result } of good) resolveWaiters(job, catalogue, result.cid)
  }

  async #failed(job: ImportJob, error: ShoalError): Promise<void> {
    reject(job, error)
    if (error.code === 'CANCELLED' || error.code === 'NOT_FOUND' || this.#stopped) return
    const { log, onUnsettled } = this.#parts
    if (error.code === 'FILE_CHANGED') {
      const stat = await statOrNothing(job.file.absPath)
      if (stat?.isFile()) onUnsettled(job.file, toDiskStat(stat))
      return
    }
    // Every rescan tries again: say it once.
    const key = keyText(job.file)
    if (this.#reported.has(key)) return
    if (this.#reported.size >= MAX_REPORTED) this.#reported.clear()
    this.#reported.add(key)
    log.warn({ path: job.file.absPath, err: error }, 'file cannot be shared')
  }

  #rest(): void {
    if (this.pending === 0) this.#finishedBytes = 0
    if (this.#active.size === 0 || this.#queue.size === 0) this.drained.emit()
  }
}

function reject(job: ImportJob, error: ShoalError): void {
  for (const waiter of job.waiters.splice(0)) waiter.reject(error)
}

function resolveWaiters(job: ImportJob, catalogue: Catalogue, cid: string): void {
  if (job.waiters.length === 0) return
  const entry = catalogue.entryAt(job.file)
  for (const waiter of job.waiters.splice(0)) {
    if (entry?.cid === cid) waiter.resolve(entry)
    else waiter.reject(new ShoalError('CANCELLED', `${job.file.absPath} is no longer shared.`))
  }
}
