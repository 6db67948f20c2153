import { sleep } from '../base/clock.ts'
import { ShoalError, toShoalError } from '../base/errors.ts'
import { RateMeter } from '../base/rate-meter.ts'
import { linkSignals } from '../base/signals.ts'
import type {
  DownloadOrder,
  DownloadPatch,
  DownloadPriority,
  DownloadRecord,
} from '../storage/download-store.ts'
import type { BlockMap } from './block-map/block-map.ts'
import { DownloadBlocks } from './block-map/download-blocks.ts'
import type { TransferContext } from './context.ts'
import type { DownloadJob } from './download-job.ts'
import { journalledBytes, stateOf } from './download-record.ts'
import {
  type DownloadEvent,
  type DownloadState,
  type DownloadStateName,
  isActive,
  transition,
} from './download-state.ts'
import { discard, recoverPlaced, resolveContent } from './download-steps.ts'
import { composeView, type DownloadView, type DroppedSource } from './download-view.ts'
import { finishedFile } from './file-job.ts'
import { MirrorList } from './mirror/mirror-list.ts'
import { parseMirrors } from './mirror/mirror-url.ts'
import type { DownloadJournal, FinishedFile } from './ports.ts'
import { ProviderFeed } from './provider-feed.ts'
import { checkSize } from './size-limit.ts'

/** Whoever waited for a file gets the processor first: its own SHA-256 is begun so long after the end, ms. */
const LATE_DIGEST_AFTER_MS = 500

/** What may be changed of a download while it waits or runs; what is left out stays. */
export interface DownloadChanges {
  readonly priority?: DownloadPriority | undefined
  readonly sequential?: boolean | undefined
}

/** One download from the wish to the file or folder in its place. */
export class Download {
  readonly id: string
  readonly cid: string
  /** The path that was asked for; the final one may get a number. */
  readonly wantedPath: string
  readonly #context: TransferContext
  readonly #store: DownloadJournal
  readonly #onChange: (download: Download) => void
  readonly #meter = new RateMeter()
  readonly #sources: Record<string, number>
  readonly #mirrors: MirrorList
  #record: DownloadRecord
  #state: DownloadState
  #job: DownloadJob | undefined
  #dropped: () => DroppedSource[] = () => []
  #abort: ((reason: unknown) => void) | undefined
  #running: Promise<void> = Promise.resolve()
  #placing = false
  /** Sharing that goes on after the download is done. */
  #late: Promise<void> = Promise.resolve()
  #lateAbort: AbortController | undefined
  /** As the last run left it, for when there is none. */
  #doneBytes: number
  #files: DownloadView['files']
  readonly #blocks: DownloadBlocks

  /** @param record as journalled */
  constructor(
    context: TransferContext,
    store: DownloadJournal,
    record: DownloadRecord,
    onChange: (download: Download) => void,
  ) {
    this.id = record.id
    this.cid = record.cid
    this.wantedPath = record.outPath
    this.#context = context
    this.#store = store
    this.#record = record
    this.#onChange = onChange
    this.#sources = { ...record.sources }
    this.#mirrors = new MirrorList(record.mirrors ?? [])
    this.#blocks = new DownloadBlocks(store, (peerId) => this.#nameOf(peerId))
    this.#state = stateOf(record)
    this.#doneBytes = journalledBytes(record, store)
  }

  get state(): DownloadStateName {
    return this.#state.name
  }

  get priority(): DownloadPriority {
    return this.#record.priority ?? 'normal'
  }

  /** @param queuePosition 1 = next; of use while it is queued */
  view(queuePosition?: number): DownloadView {
    return composeView({
      queuePosition,
      record: this.#record,
      state: this.#state,
      sizeBytes: this.#job?.sizeBytes || this.#record.sizeBytes,
      doneBytes: this.#doneNow(),
      files: this.#job?.files ?? this.#files,
      sources: this.#sources,
      streams: this.#job?.sources ?? [],
      dropped: this.#dropped(),
      meter: this.#meter,
      nowMs: this.#context.clock.monotonic(),
    })
  }

  /** What becomes of its blocks, in at most so many cells; read at this moment. */
  blocks(cells: number): BlockMap {
    return this.#blocks.map(cells, { record: this.#record, job: this.#job })
  }

  #nameOf(peerId: string): string {
    for (const { provider } of this.#job?.sources ?? []) if (provider.peerId === peerId) return provider.name
    return ''
  }

  /** queued -> resolving -> running -> finishing -> done, or failed. Never rejects. */
  run(): Promise<void> {
    const before = this.#running
    try {
      this.#move({ type: 'start' })
    } catch (error) {
      this.#failed(error)
      return before
    }
    this.#running = before.then(() => this.#run())
    return this.#running
  }

  /** -> paused, or still so. Resolves when nothing is under way any more. @throws CONFLICT */
  async pause(): Promise<void> {
    if (this.#state.name !== 'paused') this.#move({ type: 'pause' })
    await this.halt()
  }

  /** paused or failed -> queued; one that goes on already goes on. @throws CONFLICT when it is done or cancelled */
  resume(): void {
    const { name } = this.#state
    if (name !== 'queued' && !isActive({ name })) this.#move({ type: 'resume' })
  }

  /** Holds at once, and after a restart. @throws CONFLICT when it is done or cancelled; what the journal says */
  change({ priority, sequential }: DownloadChanges): void {
    const { name } = this.#state
    if (name === 'done' || name === 'cancelled')
      throw new ShoalError('CONFLICT', `A download that is ${name} cannot be changed.`)
    const order: DownloadOrder = sequential ? 'sequential' : 'rarest'
    this.#update({ ...(priority && { priority }), ...(sequential !== undefined && { order }) })
    this.#onChange(this)
  }

  /**
   * Reads from these URLs too, at once and after a restart. Those it has already are no more than that.
   *
   * @param urls as parseMirrors gives them
   * @throws INVALID_ARGUMENT for too many; what the journal says
   */
  addMirrors(urls: readonly string[]): void {
    const mirrors = parseMirrors([...this.#mirrors.urls, ...urls])
    if (mirrors.length === this.#mirrors.urls.length) return
    this.#update({ mirrors })
    this.#mirrors.set(mirrors)
  }

  /** -> cancelled, or still so; what was fetched is removed. @throws CONFLICT */
  async cancel(): Promise<void> {
    if (this.#state.name === 'cancelled') return this.halt()
    if (this.#placing) throw new ShoalError('CONFLICT', 'The download is just being finished.')
    this.#move({ type: 'cancel', nowMs: this.#context.clock.now() })
    await this.halt()
    await this.discard()
  }

  /** Ends what is under way without a change of state: it goes on after a restart. */
  async halt(): Promise<void> {
    this.#abort?.(new ShoalError('CANCELLED'))
    this.#lateAbort?.abort(new ShoalError('CANCELLED'))
    await this.#running
    await this.#late
  }

  /** As {@link halt}, for a download that is to be forgotten: a folder is shared first. */
  async leave(): Promise<void> {
    if (this.#record.kind === 'folder') await this.#late
    await this.halt()
  }

  /** Removes what a download that is not done has on the disk, and forgets the paths: they may be somebody else's next. */
  async discard(): Promise<void> {
    if (this.#state.name === 'done') return
    await discard(this.#record)
    if (this.#record.kind === 'folder') this.#forgetFiles()
    this.#update({ partPath: '', digests: undefined })
    this.#doneBytes = 0
    this.#onChange(this)
  }

  async #run(): Promise<void> {
    const { clock, log, options, findProviders, disk } = this.#context
    // Paused or cancelled while the run before was still ending.
    if (!isActive(this.#state)) return
    using linked = linkSignals()
    this.#abort = linked.abort
    disk.warm()
    const lookUp = (signal: AbortSignal) => findProviders(this.cid, signal)
    const feed = new ProviderFeed({ lookUp, clock, log, options })
    const looking = feed.run(linked.signal)
    try {
      await this.#work(feed, linked.signal)
    } catch (error) {
      if (!linked.signal.aborted) this.#failed(error)
    } finally {
      linked.abort()
      this.#abort = undefined
      await this.#letGo()
      await looking
    }
  }

  /** Keeps of a job what the view tells, and none of its memory. */
  async #letGo(): Promise<void> {
    const job = this.#takeJob()
    await job
      ?.close()
      .catch((error: unknown) => this.#context.log.warn({ err: error, id: this.id }, 'closing a download'))
  }

  #takeJob(): DownloadJob | undefined {
    const job = this.#job
    if (!job) return undefined
    const dropped = job.dropped()
    this.#doneBytes = job.doneBytes
    this.#files = job.files
    this.#dropped = () => dropped
    this.#job = undefined
    const { name } = this.#state
    this.#blocks.rest(name === 'paused' || name === 'failed' ? job : undefined)
    return job
  }

  async #work(feed: ProviderFeed, signal: AbortSignal): Promise<void> {
    const recovered = await recoverPlaced(this.#context, this.#store, this.#record, signal)
    if (recovered) {
      this.#move({ type: 'resolved' })
      this.#move({ type: 'complete' })
      return this.#done(this.#record.outPath, recovered)
    }
    const content = await resolveContent({
      context: this.#context,
      record: this.#record,
      feed,
      signal,
      onDropped: (dropped) => {
        this.#dropped = dropped
      },
    })
    checkSize(content.patch.sizeBytes, { ...this.#record, ...content.patch }, { exact: false })
    const droppedBefore = this.#dropped()
    const job = content.job({
      context: this.#context,
      store: this.#store,
      record: this.#update(content.patch),
      feed,
      mirrors: this.#mirrors,
      order: () => this.#record.order ?? 'rarest',
      origins: this.#blocks.origins,
      onBlock: (peerId, bytes) => this.#noteBlock(peerId, bytes),
    })
    this.#job = job
    this.#blocks.wake()
    this.#dropped = () => [...droppedBefore, ...job.dropped()]
    this.#move({ type: 'resolved' })
    await job.fetch(signal)
    // A file of one block tells its size no sooner, a folder's files may be other ones than it says.
    checkSize(job.sizeBytes, this.#record, { exact: true })
    this.#update({ sizeBytes: job.sizeBytes })
    this.#move({ type: 'complete' })
    await job.check(signal, () => {
      // A second repair begins before the first one is known to have helped.
      if (this.#state.name === 'finishing') this.#move({ type: 'damaged' })
    })
    if (this.#state.name === 'running') this.#move({ type: 'complete' })
    signal.throwIfAborted()
    this.#placing = true
    try {
      const path = await job.place(this.#record.outPath, (tried) => {
        if (tried !== this.#record.outPath) this.#update({ outPath: tried })
      })
      if (job.isLate) {
        this.#placed(path)
        this.#shareLater(async () => {
          if (this.#record.kind === 'file')
            await sleep(this.#context.clock, LATE_DIGEST_AFTER_MS, this.#lateSignal())
          return job.finished(path, this.#lateSignal())
        }, this.#takeJob())
      } else await this.#done(path, await job.finished(path, signal))
    } finally {
      this.#placing = false
    }
  }

  /** finishing -> done, after those were told who share it. */
  async #done(path: string, files: FinishedFile[]): Promise<void> {
    await this.#share(path, files)
    if (this.#record.kind === 'folder') this.#forgetFiles(path)
    else this.#update({ outPath: path, sha256: files[0]!.sha256, partPath: '' })
    await this.tidy()
    this.#move({ type: 'placed', path, nowMs: this.#context.clock.now() })
  }

  async #share(path: string, files: FinishedFile[]): Promise<void> {
    const { onFinished, onFolderFinished, log } = this.#context
    try {
      for (const file of files) await onFinished(file)
      if (this.#record.kind === 'folder') await onFolderFinished({ absPath: path, cid: this.cid }, files)
    } catch (error) {
      // The file is there all the same; the next scan of the library finds it.
      log.error({ err: error, path }, 'a finished download could not be shared')
    }
  }

  /**
   * finishing -> done: a file is where it was wanted, and is shared as soon as its own SHA-256 is known. Until then what was fetched is served. Of a folder the
   * manifest and what is known of its files are kept until they are shared: a stop before that is recovered from them.
   */
  #placed(path: string): void {
    if (this.#record.kind === 'folder') this.#update({ outPath: path })
    else this.#update({ outPath: path, sha256: undefined, partPath: '' })
    this.#move({ type: 'placed', path, nowMs: this.#context.clock.now() })
  }

  /** Shares what is done as soon as it is known what to say of it; {@link halt} ends that, and the next start takes it up. */
  #shareLater(describe: () => Promise<FinishedFile[]>, job?: DownloadJob): void {
    this.#late = (async () => {
      try {
        const files = await describe()
        if (files.length > 0) await this.#share(this.#record.outPath, files)
        if (this.#record.kind === 'folder') await this.#shared()
        else if (files[0]) this.#update({ sha256: files[0].sha256 })
      } catch (error) {
        this.#context.log.warn({ err: error, id: this.id }, 'a finished download is not shared yet')
      } finally {
        await job?.close()
      }
    })()
  }

  /** What was kept of a folder until its files were shared is not needed any more. */
  async #shared(): Promise<void> {
    // The oldest ended downloads are forgotten for new ones: it is not to come back.
    if (this.#store.get(this.id)) this.#forgetFiles()
    await this.tidy()
  }

  #lateSignal(): AbortSignal {
    this.#lateAbort ??= new AbortController()
    return this.#lateAbort.signal
  }

  /** After a restart: what a run that was stopped had no time for. Nothing is waited for. */
  takeUp(): void {
    const { kind, state, sha256, outPath, partPath } = this.#record
    if (state !== 'done') return
    if (kind === 'folder' && partPath !== '') {
      const files = () => recoverPlaced(this.#context, this.#store, this.#record, this.#lateSignal())
      this.#shareLater(async () => (await files()) ?? [])
      return
    }
    void this.tidy()
    if (kind !== 'file' || sha256 !== undefined) return
    this.#shareLater(async () => {
      const ingested = await this.#context.ingestor.ingest(outPath, { signal: this.#lateSignal() })
      // What has been changed in the meantime is not what was fetched.
      return ingested.cid === this.cid ? [finishedFile(outPath, ingested)] : []
    })
  }

  /**
   * Removes what is left of the part folder of a folder that is done. Its manifest is needed until the journal knows that: a stop at the
   * last moment is recovered from it.
   */
  async tidy(): Promise<void> {
    const { state, partPath } = this.#record
    if (state !== 'done' || partPath === '') return
    try {
      await discard(this.#record)
      this.#update({ partPath: '' })
    } catch (error) {
      this.#context.log.warn({ err: error, path: partPath }, 'a part folder could not be removed')
    }
  }

  /** The records of a folder's files are not needed any more; one removal for all of them. @param placed its final path, when it has one */
  #forgetFiles(placed?: string): void {
    const done = placed !== undefined && {
      state: 'done',
      outPath: placed,
      finishedMs: this.#context.clock.now(),
    }
    this.#record = { ...this.#record, sources: this.#sources, ...done }
    this.#store.remove(this.id)
    this.#store.put(this.#record)
  }

  #failed(thrown: unknown): void {
    const error = toShoalError(thrown)
    this.#context.log.warn({ err: error, id: this.id, cid: this.cid }, 'download failed')
    const { code, message } = error
    try {
      this.#move({ type: 'fail', error: { code, message }, nowMs: this.#context.clock.now() })
    } catch (journalError) {
      this.#context.log.error({ err: journalError, id: this.id }, 'the failure could not be noted')
    }
  }

  /** Takes an event, notes the new state, tells whoever listens. @throws CONFLICT, or what the journal said */
  #move(event: DownloadEvent): void {
    const state = transition(this.#state, event)
    this.#doneBytes = this.#doneNow()
    this.#state = state
    if (state.name === 'done' || state.name === 'cancelled') this.#blocks.end()
    try {
      this.#update({
        state: state.name,
        finishedMs: 'finishedMs' in state ? state.finishedMs : undefined,
        error: state.name === 'failed' ? state.error : undefined,
      })
    } finally {
      this.#onChange(this)
    }
  }

  #update(patch: DownloadPatch): DownloadRecord {
    this.#store.update(this.id, patch)
    this.#record = this.#store.get(this.id) ?? this.#record
    return this.#record
  }

  #noteBlock(peerId: string, bytes: number): void {
    this.#sources[peerId] = (this.#sources[peerId] ?? 0) + bytes
    this.#meter.add(bytes, this.#context.clock.monotonic())
    if (this.#record.maxBytes === undefined || !this.#job) return
    try {
      checkSize(this.#job.sizeBytes, this.#record, { exact: false })
    } catch (error) {
      this.#failed(error)
      this.#abort?.(error)
    }
  }

  #doneNow(): number {
    // A job knows nothing before it has opened its part file; the journal does.
    return this.#job?.doneBytes || this.#doneBytes
  }
}
