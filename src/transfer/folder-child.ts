import { mkdir, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ShoalError, toShoalError } from '../base/errors.ts'
import { linkSignals } from '../base/signals.ts'
import { buildManifest, type FileLayout, type FolderEntry } from '../content/manifest.ts'
import type { DownloadOrder, DownloadRecord } from '../storage/download-store.ts'
import type { BlockSection } from './block-map/cells.ts'
import type { Origins } from './block-map/origins.ts'
import type { TransferContext } from './context.ts'
import type { DroppedSource } from './download-view.ts'
import { FetchTarget } from './fetch-target.ts'
import { FileTask } from './file-task.ts'
import { ManifestFetch } from './manifest-fetch.ts'
import type { MirrorList } from './mirror/mirror-list.ts'
import type { PartFolder } from './part-folder.ts'
import { exists } from './place.ts'
import type { DownloadJournal, FileStat, IngestedFile } from './ports.ts'
import { ProviderFeed } from './provider-feed.ts'
import { PART_SUFFIX } from './safe-name.ts'
import type { Source } from './source.ts'

export interface ChildSetup {
  readonly context: TransferContext
  readonly store: DownloadJournal
  /** Id of the folder's download. */
  readonly parentId: string
  /** Place among the folder's files, from 0. */
  readonly number: number
  readonly entry: FolderEntry
  /** Safe path below the folder. */
  readonly relPath: string
  readonly folder: PartFolder
  /** Providers of the folder, who should have its files. */
  readonly feed: ProviderFeed
  /** Of the folder. */
  readonly mirrors: MirrorList
  readonly order: () => DownloadOrder
  readonly isPatient: () => boolean
  readonly origins: Pick<Origins, 'file'>
  /** Whether the folder has any data yet: then it is not given up soon for one file. */
  readonly folderHasData: () => boolean
  readonly onBlock: (peerId: string, bytes: number) => void
}

/** What is known of a file that lies complete in `files/`. */
export interface CompleteFile {
  readonly layout: FileLayout
  readonly sha256: string
  readonly totalBytes: number
  /** Undefined when it was completed by an earlier run. */
  readonly stat: FileStat | undefined
}

/** One file of a folder that is fetched. */
export class FolderChild {
  readonly #setup: ChildSetup
  readonly #resolving: ManifestFetch[] = []
  #task: FileTask | undefined
  #layout: FileLayout | undefined
  /** Verified bytes by PeerId, those of earlier runs too. */
  readonly #bytesByPeer: Record<string, number> = {}

  constructor(setup: ChildSetup) {
    this.#setup = setup
  }

  get number(): number {
    return this.#setup.number
  }

  get id(): string {
    return childId(this.#setup.parentId, this.#setup.number)
  }

  /** What the folder says until the file's manifest is known. */
  get sizeBytes(): number {
    return this.#layout?.sizeBytes ?? this.#setup.entry.totalBytes
  }

  get doneBytes(): number {
    return this.#task?.doneBytes ?? 0
  }

  get sources(): Iterable<Source> {
    return this.#task?.sources ?? []
  }

  /** See FileTask. */
  section(): BlockSection | undefined {
    return this.#task?.section()
  }

  dropped(): DroppedSource[] {
    return [...this.#resolving.flatMap((each) => each.dropped()), ...(this.#task?.dropped() ?? [])]
  }

  /**
   * Fetches, checks, and puts the file into `files/`.
   *
   * @param record what an earlier run noted
   */
  async run(record: DownloadRecord | undefined, signal: AbortSignal): Promise<CompleteFile> {
    const { context, entry, relPath, folder } = this.#setup
    Object.assign(this.#bytesByPeer, record?.sources)
    const path = join(folder.filesPath, relPath)
    if (await exists(path)) {
      const ingested = await context.ingestor.ingest(path, { signal })
      if (ingested.cid === entry.cid) return completeFromDisk(ingested)
      await unlink(path)
    }
    using linked = linkSignals(signal)
    const own = this.#ownFeed()
    const looking = own.run(linked.signal)
    try {
      const target = await this.#target(record, [this.#setup.feed, own], linked.signal)
      this.#layout = target.layout
      this.#task = this.#newTask(target, record, [this.#setup.feed, own])
      this.#layout = await this.#task.fetch(linked.signal)
      await this.#task.check(linked.signal, () => {})
      const ingested = await this.#task.describe(linked.signal)
      await mkdir(dirname(path), { recursive: true })
      await rename(this.#task.partPath!, path)
      return completeFromDisk(ingested)
    } catch (error) {
      throw toShoalError(error, 'IO')
    } finally {
      linked.abort()
      await this.#task?.close()
      await looking
    }
  }

  /** Asked only when the folder's own providers do not help. */
  #ownFeed(): ProviderFeed {
    const { context, entry, folderHasData: isPatient } = this.#setup
    const { clock, log, options, findProviders } = context
    const lookUp = (signal: AbortSignal) => findProviders(entry.cid, signal)
    return new ProviderFeed({ lookUp, clock, log, options, lazy: true, isPatient })
  }

  async #target(
    record: DownloadRecord | undefined,
    feeds: readonly ProviderFeed[],
    signal: AbortSignal,
  ): Promise<FetchTarget> {
    const { context, entry } = this.#setup
    const simple = FetchTarget.ofCid(entry.cid)
    if (simple) return simple
    if (record?.digests) {
      const { cid, sizeBytes, digests } = record
      return FetchTarget.ofLayout({ cid, sizeBytes, digests })
    }
    const fetch = new ManifestFetch(context, entry.cid, feeds)
    this.#resolving.push(fetch)
    const { manifest } = await fetch.run(signal)
    if (manifest.kind === 'file') return FetchTarget.ofLayout(manifest.layout)
    throw new ShoalError('BAD_RESPONSE', `${entry.path} is listed as a file and is a folder.`)
  }

  #newTask(
    target: FetchTarget,
    record: DownloadRecord | undefined,
    feeds: readonly ProviderFeed[],
  ): FileTask {
    const { context, store, entry, folder, mirrors, number, order, isPatient, origins } = this.#setup
    const partPath = folder.partPathOf(number) + PART_SUFFIX
    const { id } = this
    return new FileTask({
      context,
      target,
      feeds,
      mirrors,
      mirrorPath: entry.path,
      ...{ order, isPatient, origins, number },
      finalPath: folder.partPathOf(number),
      // In the part folder every name is this download's own: what a crash left there is thrown away.
      earlier: { partPath: record?.partPath || partPath, bitmap: record?.bitmap ?? new Uint8Array() },
      onBlock: (peerId, bytes) => {
        this.#bytesByPeer[peerId] = (this.#bytesByPeer[peerId] ?? 0) + bytes
        this.#setup.onBlock(peerId, bytes)
      },
      journal:
        target.blockCount === 1
          ? undefined
          : {
              begin: (path) => store.put(this.#newRecord(target.layout!, path)),
              reset: (bitmap) => store.update(id, { bitmap }),
              mark: (indices, bytesByPeer) => store.markBlocks(id, indices, bytesByPeer),
            },
    })
  }

  #newRecord(layout: FileLayout, partPath: string): DownloadRecord {
    const { context, parentId, entry, relPath } = this.#setup
    return {
      id: this.id,
      parentId,
      cid: entry.cid,
      kind: 'file',
      name: entry.name,
      outPath: relPath,
      partPath,
      state: 'running',
      sizeBytes: layout.sizeBytes,
      createdMs: context.clock.now(),
      digests: layout.digests,
      bitmap: new Uint8Array(Math.ceil(layout.digests.length / 32 / 8)),
      sources: {},
    }
  }

  /** What the journal keeps of it once it is complete, so that a restart need not hash it again. */
  completeRecord(complete: CompleteFile): DownloadRecord {
    const { layout, sha256 } = complete
    const before = this.#newRecord(layout, '')
    const bitmap = new Uint8Array(before.bitmap.length)
    return { ...before, state: 'done', sha256, bitmap, sources: this.#bytesByPeer }
  }
}

/** Id of a file's own record. */
export function childId(parentId: string, number: number): string {
  return `${parentId}/${number}`
}

/** From the record of an earlier run; undefined when that did not complete the file. */
export function completeFromRecord(record: DownloadRecord | undefined): CompleteFile | undefined {
  if (record?.state !== 'done' || !record.digests || record.sha256 === undefined) return undefined
  const { cid, sizeBytes, digests, sha256 } = record
  const { totalBytes } = buildManifest(digests, sizeBytes)
  return { layout: { cid, sizeBytes, digests }, sha256, totalBytes, stat: undefined }
}

/** From reading the file. */
export function completeFromDisk(ingested: IngestedFile): CompleteFile {
  const { cid, sizeBytes, digests, sha256, totalBytes, stat } = ingested
  return { layout: { cid, sizeBytes, digests }, sha256, totalBytes, stat }
}
