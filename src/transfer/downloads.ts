import { isAbsolute, join, sep } from 'node:path'
import { inBatches } from '../base/batches.ts'
import { type Clock, every, type Timer } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import { Emitter } from '../base/events.ts'
import type { Logger } from '../base/log.ts'
import { type Random, uuid } from '../base/random.ts'
import { parseCid } from '../content/cid.ts'
import { PeerService } from '../contract/gen/shoal/v1/peer_pb.ts'
import type { LinkPool } from '../link/pool.ts'
import type { DownloadPriority, DownloadRecord } from '../storage/download-store.ts'
import type { BlockMap } from './block-map/block-map.ts'
import { ByteBudget } from './budget.ts'
import type { TransferContext } from './context.ts'
import { BlockMemory } from './disk/block-memory.ts'
import { DiskThreads } from './disk/disk-threads.ts'
import { Download, type DownloadChanges } from './download.ts'
import { QueueNews, queueOrder } from './download-queue.ts'
import { type DownloadStateName, isActive, isEnded } from './download-state.ts'
import type { DownloadView } from './download-view.ts'
import { latest } from './latest.ts'
import { type OpensGates, TransferLimits } from './limits/transfer-limits.ts'
import type { BlockChannels } from './line/channel.ts'
import { TakerLines } from './line/taker-lines.ts'
import { parseMirrors } from './mirror/mirror-url.ts'
import { Mirrors } from './mirror/mirrors.ts'
import { DEFAULT_TRANSFER_OPTIONS, type TransferOptions } from './options.ts'
import { Partials } from './partials.ts'
import { PeerHealth } from './peer-health.ts'
import { isFolder } from './place.ts'
import type {
  ConnectPeer,
  DownloadJournal,
  FileIngestor,
  FindProviders,
  FinishedFile,
  FinishedFolder,
} from './ports.ts'
import type { ReaderOptions } from './reader/options.ts'
import { ContentReader } from './reader/reader.ts'
import { safeName } from './safe-name.ts'
import { TransferTally } from './tally.ts'

/** Ended downloads are forgotten so many at a time. */
const CLEAR_BATCH = { items: 64, size: 64 }

export interface DownloadManagerSetup {
  /** Without `openLine` blocks come by gRPC only. */
  readonly pool: Pick<LinkPool, 'connect'> & Partial<Pick<LinkPool, 'openLine'>>
  /** How others reach this node, which serves what it has of a running download; default: they do not. */
  readonly self?: () => { readonly name: string; readonly addresses: readonly string[] }
  /** Looks for peers that have a CID. */
  readonly providers: FindProviders
  readonly store: DownloadJournal
  readonly ingestor: FileIngestor
  /** Where downloads go that are not told otherwise, absolute; asked each time. */
  readonly downloadsFolder: () => string
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly options?: Partial<TransferOptions>
  /** How content is read that is not kept. */
  readonly reading?: Partial<ReaderOptions>
  /** Where it is counted what comes. Default: nobody looks. */
  readonly tally?: TransferTally
  /** How fast may be read from whom. Default: as fast as it goes. */
  readonly limits?: Pick<OpensGates, 'download'>
  /** Told of each file in its final place, those of folders too; the download is done when this is. */
  readonly onFinished: (file: FinishedFile) => Promise<void> | void
  /** Told of each folder in its final place, with all its files. */
  readonly onFolderFinished?: (folder: FinishedFolder, files: readonly FinishedFile[]) => Promise<void> | void
}

export interface AddDownload {
  readonly cid: string
  /** Name for a file that nobody named; made safe. Default: the CID. */
  readonly name?: string | undefined
  /** What a search said; for people only, until the manifest is known. */
  readonly sizeBytes?: number | undefined
  /** Absolute path of the file, or of an existing folder to put it into. Default: the downloads folder. */
  readonly out?: string | undefined
  /** Default: normal. */
  readonly priority?: DownloadPriority | undefined
  /** Default: false. */
  readonly sequential?: boolean | undefined
  /** URLs of HTTP servers that have the file, or the files of the folder below them. Default: none. */
  readonly mirrors?: readonly string[] | undefined
  /** What turns out to be larger fails with TOO_LARGE before a byte of it is fetched that would be too much. Default: any size. */
  readonly maxBytes?: number | undefined
}

/**
 * All downloads of a node: a bounded number runs, the others wait by priority and in order of arrival. Nothing that runs is interrupted for
 * one with a higher priority. Survives a restart at any moment.
 */
export class DownloadManager {
  readonly changes = new Emitter<DownloadView>()
  /** Running downloads, as a source for others. */
  readonly partials = new Partials()
  /** Reads what is downloaded, and what others have, without keeping it. */
  readonly reader: ContentReader
  readonly #setup: DownloadManagerSetup
  readonly #options: TransferOptions
  readonly #context: TransferContext
  readonly #lines: TakerLines
  readonly #readingLines: TakerLines
  readonly #mirrors: Mirrors
  readonly #disk: DiskThreads
  readonly #downloads = new Map<string, Download>()
  readonly #news = new QueueNews()
  #ticker: Timer | undefined
  #started = false

  constructor(setup: DownloadManagerSetup) {
    this.#setup = setup
    this.#options = { ...DEFAULT_TRANSFER_OPTIONS, ...setup.options }
    const { clock, random, log, ingestor, onFinished } = setup
    const connect: ConnectPeer = ({ peerId, addresses }) =>
      setup.pool.connect(PeerService, { peerId, addresses })
    const { openLine } = setup.pool
    const opener = openLine && { openLine: openLine.bind(setup.pool) }
    const limits = setup.limits ?? new TransferLimits(clock)
    this.#lines = new TakerLines({ opener, connect, limits, self: setup.self ?? (() => undefined), clock })
    this.#mirrors = new Mirrors({ limits, clock })
    const channels: BlockChannels = {
      open: (provider, ...rest) => (provider.mirror ? this.#mirrors : this.#lines).open(provider, ...rest),
      openNow: (provider, ...rest) => (provider.mirror ? undefined : this.#lines.openNow(provider, ...rest)),
      warm: (provider) => (provider.mirror ? undefined : this.#lines.warm(provider)),
      takeNow: (provider, ...rest) => (provider.mirror ? undefined : this.#lines.takeNow(provider, ...rest)),
    }
    this.#disk = new DiskThreads(clock)
    this.#context = {
      connect,
      channels,
      memory: new BlockMemory(clock),
      disk: this.#disk,
      findProviders: setup.providers,
      ingestor,
      health: new PeerHealth(this.#options, random),
      budget: new ByteBudget(this.#options.maxInFlightBytes),
      partials: this.partials,
      tally: setup.tally ?? new TransferTally(),
      clock,
      random,
      log,
      options: this.#options,
      onFinished,
      onFolderFinished: setup.onFolderFinished ?? (() => {}),
    }
    // Who reads without keeping has nothing for others: it does not introduce itself.
    this.#readingLines = new TakerLines({ opener, connect, limits, self: () => undefined, clock })
    const forReading = { ...this.#context, channels: this.#readingLines }
    this.reader = new ContentReader(forReading, setup.reading)
  }

  /** Takes up what was under way. @throws what the journal says */
  start(): void {
    if (this.#started) return
    for (const record of this.#setup.store.list()) this.#track(record).takeUp()
    this.#started = true
    this.#ticker = every(this.#setup.clock, this.#options.progressMs, () => this.#reportProgress())
    this.#fill()
  }

  /** Ends all work; what is under way goes on after the next {@link start}. */
  async stop(): Promise<void> {
    this.#started = false
    this.#ticker?.cancel()
    await Promise.all([
      this.reader.close(),
      ...[...this.#downloads.values()].map((download) => download.halt()),
    ])
    this.#lines.close()
    this.#readingLines.close()
    this.#mirrors.close()
    await this.#disk.close()
  }

  /**
   * Fetches a CID. When it is being fetched to that place already, that download is returned, with the priority and order that are told
   * now and the mirrors besides those it has; a paused or failed one goes on.
   *
   * @throws INVALID_CID; INVALID_ARGUMENT for a path that is not absolute, and for mirrors that are none; BUSY when the list is full; what the journal says
   */
  async add(wanted: AddDownload): Promise<DownloadView> {
    const { name, sizeBytes, out, priority, sequential } = wanted
    const cid = parseCid(wanted.cid)
    const mirrors = parseMirrors(wanted.mirrors ?? [])
    const outPath = await this.#outPath(cid, name, out)
    for (const download of this.#downloads.values()) {
      if (download.cid !== cid || download.wantedPath !== outPath) continue
      if (download.state === 'done' || download.state === 'cancelled') continue
      if (priority !== undefined || sequential !== undefined) download.change({ priority, sequential })
      download.addMirrors(mirrors)
      if (download.state === 'paused' || download.state === 'failed') return this.resume(download.id)
      return this.#viewOf(download)
    }
    this.#makeRoom()
    const record: DownloadRecord = {
      id: uuid(this.#setup.random),
      cid,
      kind: 'file',
      name: outPath.slice(outPath.lastIndexOf(sep) + 1),
      outPath,
      partPath: '',
      state: 'queued',
      sizeBytes: Math.max(0, Math.floor(sizeBytes ?? 0)),
      createdMs: this.#setup.clock.now(),
      bitmap: new Uint8Array(),
      sources: {},
      priority: priority ?? 'normal',
      order: sequential ? 'sequential' : 'rarest',
      mirrors,
      ...(wanted.maxBytes !== undefined && { maxBytes: wanted.maxBytes }),
    }
    this.#setup.store.put(record)
    const download = this.#track(record)
    this.changes.emit(this.#viewOf(download))
    this.#fill()
    return this.#viewOf(download)
  }

  /** Changes priority or order of a download that is not done. @throws NOT_FOUND, CONFLICT */
  change(id: string, changes: DownloadChanges): DownloadView {
    const download = this.#require(id)
    download.change(changes)
    return this.#viewOf(download)
  }

  /** @throws NOT_FOUND, CONFLICT */
  async pause(id: string): Promise<DownloadView> {
    const download = this.#require(id)
    await download.pause()
    this.#fill()
    return this.#viewOf(download)
  }

  /** @throws NOT_FOUND, CONFLICT */
  async resume(id: string): Promise<DownloadView> {
    const download = this.#require(id)
    download.resume()
    this.#fill()
    return this.#viewOf(download)
  }

  /** Ends a download and removes what it has. @throws NOT_FOUND, CONFLICT */
  async cancel(id: string): Promise<DownloadView> {
    const download = this.#require(id)
    await download.cancel()
    this.#fill()
    return this.#viewOf(download)
  }

  /** Forgets an ended download. A finished file stays; what a failed one has is removed. @throws NOT_FOUND, CONFLICT */
  async remove(id: string): Promise<void> {
    const download = this.#require(id)
    if (!isEnded({ name: download.state })) {
      throw new ShoalError('CONFLICT', 'This download has not ended. Cancel it first.')
    }
    await download.leave()
    await download.discard()
    this.#downloads.delete(id)
    this.#setup.store.remove(id)
  }

  /** Forgets all ended downloads in these states, as {@link remove}. @returns how many */
  async clear(states: readonly DownloadStateName[]): Promise<number> {
    const wanted = [...this.#downloads.values()].filter(
      ({ state }) => states.includes(state) && isEnded({ name: state }),
    )
    let removed = 0
    // Each removal from the journal is an fsync: many at a time.
    for (const batch of inBatches(wanted, () => 1, CLEAR_BATCH)) removed += await this.#clearBatch(batch)
    return removed
  }

  async #clearBatch(batch: readonly Download[]): Promise<number> {
    let removed = 0
    const left: { download: Download; state: DownloadStateName }[] = []
    try {
      for (const download of batch) {
        const { state } = download
        // The ones before took a while, in which somebody may have resumed this one.
        if (!isEnded({ name: state })) continue
        await download.leave()
        await download.discard()
        left.push({ download, state })
      }
    } finally {
      const gone = left.filter(({ download, state }) => download.state === state)
      const ids = gone.map(({ download }) => download.id).filter((id) => this.#downloads.delete(id))
      this.#setup.store.remove(...ids)
      removed = ids.length
    }
    return removed
  }

  get(id: string): DownloadView | undefined {
    const download = this.#downloads.get(id)
    return download && this.#viewOf(download)
  }

  /** What becomes of the blocks of a download, in at most so many cells, at least 1. @throws NOT_FOUND */
  blocks(id: string, cells: number): BlockMap {
    return this.#require(id).blocks(cells)
  }

  /** Newest first. */
  list(): DownloadView[] {
    const positions = new Map(this.#queue().map((download, i) => [download, i + 1]))
    return [...this.#downloads.values()].reverse().map((download) => download.view(positions.get(download)))
  }

  /** The download now and as it changes, until it has ended. A slow reader misses what lies between, never the last. @throws NOT_FOUND */
  async *watch(id: string, signal: AbortSignal): AsyncGenerator<DownloadView> {
    const first = this.#viewOf(this.#require(id))
    const changes = latest<DownloadView>((give) =>
      this.changes.on((view) => {
        if (view.id === id) give(view)
      }),
    )
    try {
      yield first
      if (isEnded({ name: first.state })) return
      for (;;) {
        const view = await changes.next(signal)
        yield view
        if (isEnded({ name: view.state })) return
      }
    } finally {
      changes.close()
    }
  }

  getDebugState(): Record<string, unknown> {
    return {
      downloads: this.list(),
      inFlightBytes: this.#context.budget.takenBytes,
      peers: this.#context.health.getDebugState(),
      reading: this.reader.getDebugState(),
    }
  }

  #require(id: string): Download {
    const download = this.#downloads.get(id)
    if (!download) throw new ShoalError('NOT_FOUND', `There is no download ${id}.`)
    return download
  }

  #track(record: DownloadRecord): Download {
    const download = new Download(this.#context, this.#setup.store, record, (changed) => {
      this.changes.emit(this.#viewOf(changed))
    })
    this.#downloads.set(record.id, download)
    return download
  }

  /** Starts what waits, as far as there is room. */
  #fill(): void {
    if (!this.#started) return
    let active = 0
    for (const download of this.#downloads.values()) if (isActive({ name: download.state })) active++
    for (const download of this.#queue()) {
      if (active >= this.#options.maxActive) return
      active++
      void download.run().then(() => this.#fill())
    }
  }

  /** Those that wait, the next one first. */
  #queue(): Download[] {
    return queueOrder([...this.#downloads.values()].filter(({ state }) => state === 'queued'))
  }

  #viewOf(download: Download): DownloadView {
    if (download.state !== 'queued') return download.view()
    return download.view(this.#queue().indexOf(download) + 1 || undefined)
  }

  #reportProgress(): void {
    for (const download of this.#downloads.values())
      if (download.state === 'running' || download.state === 'resolving') this.changes.emit(download.view())
    const queue = this.#queue()
    const moved = new Set(this.#news.next(queue.map(({ id }) => id)))
    for (const [i, download] of queue.entries())
      if (moved.has(download.id)) this.changes.emit(download.view(i + 1))
  }

  /** The oldest ended downloads are forgotten for new ones. */
  #makeRoom(): void {
    if (this.#downloads.size < this.#options.maxDownloads) return
    for (const { id, state } of this.#downloads.values()) {
      if (state !== 'done' && state !== 'cancelled') continue
      this.#downloads.delete(id)
      this.#setup.store.remove(id)
      return
    }
    throw new ShoalError('BUSY', 'The list of downloads is full. Remove some first.')
  }

  async #outPath(cid: string, name: string | undefined, out: string | undefined): Promise<string> {
    const ownName = safeName(name ?? cid)
    if (out === undefined) return join(this.#setup.downloadsFolder(), ownName)
    if (!isAbsolute(out)) throw new ShoalError('INVALID_ARGUMENT', `${out} is not an absolute path.`)
    const intoFolder = out.endsWith('/') || out.endsWith(sep) || (await isFolder(out))
    return intoFolder ? join(out, ownName) : join(out)
  }
}
