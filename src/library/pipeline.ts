import type { Clock } from '../base/clock.ts'
import { Emitter } from '../base/events.ts'
import type { Logger } from '../base/log.ts'
import type { Ingestor } from '../content/ingest.ts'
import type { Catalogue } from '../storage/catalogue.ts'
import type { CatalogueChange, PathKey, Share } from '../storage/catalogue-types.ts'
import { emitChange } from './emit-change.ts'
import { isBelow, type ShareFile } from './file-key.ts'
import { FolderBuilder } from './folder-builder.ts'
import { Importer } from './importer.ts'
import type { LibraryOptions } from './options.ts'
import { ProgressReporter } from './progress.ts'
import type { RootState } from './root-check.ts'
import { ScanLoop } from './scan-loop.ts'
import { ScanRules } from './scan-rules.ts'
import { Scanner } from './scanner.ts'
import type { DiskStat } from './settle.ts'
import { Settling } from './settling.ts'
import { Watchers } from './watcher.ts'

export interface PipelineParts {
  readonly catalogue: Catalogue
  readonly ingestor: Pick<Ingestor, 'ingest'>
  readonly clock: Clock
  readonly log: Logger
  readonly dataDir: string | undefined
  readonly options: LibraryOptions
}

/**
 * The way of a file into the catalogue: seen by the scanner or pointed at by the watcher, left to settle, hashed by the importer, written, and
 * then part of its folders' CIDs. Each part knows only the next one's function; this is where they are joined.
 */
export class Pipeline {
  readonly changes = new Emitter<CatalogueChange>()
  readonly scanner: Scanner
  readonly settling: Settling
  readonly importer: Importer
  readonly builder: FolderBuilder
  readonly watchers: Watchers
  readonly loop: ScanLoop
  readonly reporter: ProgressReporter
  readonly #catalogue: Catalogue
  readonly #log: Logger
  readonly #forgetRebuilt: () => void
  #idleWaiters: (() => void)[] = []
  /** Files were left out because too many waited. */
  #hasOverflow = false

  constructor({ catalogue, ingestor, clock, log, dataDir, options }: PipelineParts) {
    const onChange = (change: CatalogueChange) => this.changed(change)
    const onRest = () => this.#rest()
    this.#catalogue = catalogue
    this.#log = log
    const rules = new ScanRules({ catalogue, hidden: options.hidden, dataDir })
    this.scanner = new Scanner({ catalogue, rules, clock, log, onChange })
    this.settling = new Settling({
      clock,
      settleMs: options.settleMs,
      capacity: options.maxSettling,
      onReady: (file, stat) => this.#import(file, stat),
      onEmpty: onRest,
    })
    this.importer = new Importer({
      catalogue,
      ingestor,
      log,
      concurrency: options.hashConcurrency,
      capacity: options.maxQueuedFiles,
      onChange,
      onUnsettled: (file, stat) => this.#settle(file, stat),
    })
    this.builder = new FolderBuilder({
      catalogue,
      clock,
      log,
      delayMs: options.folderDelayMs,
      isBusy: (shareId) => this.importer.isBusy(shareId) || this.settling.holdsUp(shareId),
      onChange,
      onRest,
    })
    this.watchers = new Watchers({
      log,
      onPaths: (share, relPaths) => this.loop.paths(share, relPaths),
      onLost: (share) => this.loop.scanSoon(share.id),
    })
    this.loop = new ScanLoop({
      catalogue,
      scanner: this.scanner,
      watchers: this.watchers,
      visitor: { onNew: (file, stat) => this.#settle(file, stat) },
      clock,
      log,
      rescanMs: options.rescanMs,
      maxPendingEvents: options.maxPendingEvents,
      onRoot: (share, root) => this.#rootSeen(share, root),
      onRest,
    })
    this.reporter = new ProgressReporter(clock, () => this.importer.hashing)
    this.importer.drained.on(() => this.#drained())
    this.#forgetRebuilt = catalogue.rebuilt.on(() => this.loop.rescan().catch(() => {}))
  }

  get isBusy(): boolean {
    return this.loop.isBusy || this.settling.size > 0 || this.importer.pending > 0 || this.builder.isBusy
  }

  /** Something is scanned, hashed or built. A file that only settles, perhaps for hours, does not count. */
  get isWorking(): boolean {
    return this.loop.isBusy || this.importer.pending > 0 || this.builder.isBusy
  }

  start(): void {
    this.loop.start()
    this.builder.poke()
  }

  async stop(): Promise<void> {
    this.#forgetRebuilt()
    this.reporter.stop()
    await this.watchers.stop()
    await this.loop.stop()
    await this.settling.stop()
    await this.importer.stop()
    await this.builder.stop()
    this.#rest()
  }

  async whenIdle(): Promise<void> {
    // Timers of the clock do not keep the process alive; somebody who waits for them does.
    const awake = setInterval(() => {}, 60_000)
    try {
      while (this.isBusy) await new Promise<void>((done) => this.#idleWaiters.push(done))
    } finally {
      clearInterval(awake)
    }
  }

  /** Tells the world, and has the folders above built again. */
  changed(change: CatalogueChange): void {
    emitChange(this.changes, change)
    this.builder.poke()
  }

  /** Marked as a whole: the mark is what lets a removal that a crash cut short be finished. */
  isLeaving(shareId: number): boolean {
    return this.#catalogue.isExcluded(shareId, '')
  }

  /** Stops sharing a path for good; the root of a share ends the share. @returns entries withdrawn */
  async remove(key: PathKey): Promise<number> {
    const share = this.#catalogue.share(key.shareId)
    if (!share) return 0
    const isWhole = key.relPath === '' || share.kind === 'file'
    const top = { shareId: share.id, relPath: isWhole ? '' : key.relPath }
    this.#catalogue.exclude(share.id, [top.relPath])
    this.settling.drop((file) => isBelow(file, top))
    this.importer.cancelBelow(top)
    if (isWhole) await this.watchers.forget(share.id)
    const removed = await this.scanner.remove(share, share.kind === 'file' ? share.name : top.relPath)
    if (isWhole && this.isLeaving(share.id)) this.#catalogue.removeShare(share.id)
    this.#rest()
    return removed
  }

  /** Withdraws all of a share whose root is away, or tells it again. */
  async setMissing(share: Share, missing: boolean): Promise<void> {
    if (!this.#catalogue.setMissing(share.id, missing)) return
    this.#log.info({ path: share.path }, missing ? 'share is away: withdrawn' : 'share is back')
    for (const { entries, keys } of this.#catalogue.batchesOfShare(share.id)) {
      this.changed(missing ? { added: [], removed: keys } : { added: entries, removed: [] })
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  #settle(file: ShareFile, stat: DiskStat): void {
    if (!this.settling.offer(file, stat)) this.#hasOverflow = true
  }

  #import(file: ShareFile, stat: DiskStat): void {
    if (!this.importer.enqueue(file, stat.size)) this.#hasOverflow = true
    this.reporter.poke()
  }

  #drained(): void {
    this.builder.poke()
    if (this.#hasOverflow && this.importer.pending === 0) {
      this.#hasOverflow = false
      void this.loop.rescan().catch(() => {})
    }
    this.#rest()
  }

  #rest(): void {
    if (this.isBusy) return
    for (const done of this.#idleWaiters.splice(0)) done()
  }

  async #rootSeen(share: Share, root: RootState): Promise<void> {
    // Nobody listed a download as a share: when its owner deletes it, there is nothing to wait for.
    const isDeleted = root.state === 'removed' && share.origin === 'download'
    if (isDeleted || this.isLeaving(share.id)) await this.remove({ shareId: share.id, relPath: '' })
    else await this.setMissing(share, root.state !== 'present')
  }
}
