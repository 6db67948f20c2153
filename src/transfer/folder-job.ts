import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { type ShoalError, toShoalError } from '../base/errors.ts'
import { linkSignals } from '../base/signals.ts'
import type { FolderEntry } from '../content/manifest.ts'
import type { DownloadOrder, DownloadRecord } from '../storage/download-store.ts'
import type { BlockSection } from './block-map/cells.ts'
import { folderSections } from './block-map/folder-sections.ts'
import type { FileOrigins, Origins } from './block-map/origins.ts'
import { frozen } from './block-map/sections.ts'
import type { TransferContext } from './context.ts'
import type { DownloadJob } from './download-job.ts'
import type { DroppedSource } from './download-view.ts'
import {
  type CompleteFile,
  childId,
  completeFromDisk,
  completeFromRecord,
  FolderChild,
} from './folder-child.ts'
import { makeFolder } from './make-folder.ts'
import type { MirrorList } from './mirror/mirror-list.ts'
import { checkFreeSpace } from './part-file.ts'
import { PartFolder } from './part-folder.ts'
import { placeFolder } from './place.ts'
import type { DownloadJournal, FileStat, FinishedFile, FinishedFolder } from './ports.ts'
import type { ProviderFeed } from './provider-feed.ts'
import { safePaths } from './safe-name.ts'
import { type SmallFile, smallDigest } from './small/small-file.ts'
import { SmallFiles } from './small/small-files.ts'
import type { SourceRow } from './source.ts'

export interface FolderJobSetup {
  readonly context: TransferContext
  readonly store: DownloadJournal
  readonly record: DownloadRecord
  readonly entries: readonly FolderEntry[]
  /** The folder's own nodes, fresh from a provider; undefined when they are in the part folder already. */
  readonly nodes: readonly Uint8Array[] | undefined
  readonly feed: ProviderFeed
  readonly mirrors: MirrorList
  /** In which order to fetch the blocks of a file; asked again and again, because it may change meanwhile. */
  readonly order: () => DownloadOrder
  /** Nobody waits for it: better late than twice; may change meanwhile. */
  readonly isPatient: () => boolean
  readonly origins: Origins
  readonly onBlock: (peerId: string, bytes: number) => void
}

export interface RecoverySetup extends Pick<FolderJobSetup, 'context' | 'store' | 'record' | 'entries'> {
  readonly signal: AbortSignal
}

/** A folder of more files than this is done before they are shared, which takes the main thread longer than a moment. */
const LATE_FILES = 256

/** Completed small files are noted so many at a time: each commit is an fsync. Losing the note costs one reading of the file. */
const RECORDS_PER_COMMIT = 64

/** Number under which it is noted who gave the files of one block. */
const SMALL_FILES = -1

interface ListedFile {
  readonly entry: FolderEntry
  readonly number: number
  readonly relPath: string
  /** Of a file that is one block. */
  readonly digest: Uint8Array | undefined
}

/** A download of a folder: first its small files, many at once, then the others one by one, several at once, then the whole under its name. */
export class FolderJob implements DownloadJob {
  readonly #setup: FolderJobSetup
  readonly #listed: ListedFile[]
  readonly #emptyFolders: string[]
  readonly #complete = new Map<number, CompleteFile>()
  readonly #running = new Set<FolderChild>()
  /** What there is of files whose fetch has ended early; a bit and a byte a block. */
  readonly #interrupted = new Map<number, BlockSection>()
  readonly #small: SmallFiles
  /** Of the files of one block: their blocks are the places among all files. */
  readonly #smallOrigins: FileOrigins
  readonly #records: DownloadRecord[] = []
  readonly #dropped = new Map<string, DroppedSource>()
  #folder: PartFolder | undefined
  /** Of all files but the running ones: what the folder says of those that are still to come, the truth for the others. */
  #restBytes = 0
  #completeBytes = 0

  constructor(setup: FolderJobSetup) {
    this.#setup = setup
    const paths = safePaths(setup.entries.map((entry) => entry.path))
    const all = setup.entries.map((entry, number) => ({ entry, number, relPath: paths[number]! }))
    this.#listed = all
      .filter(({ entry }) => entry.kind === 'file')
      .map((listed) => ({ ...listed, digest: smallDigest(listed.entry) }))
    const listedOf = new Map(this.#listed.map((listed) => [listed.number, listed]))
    this.#smallOrigins = setup.origins.file(SMALL_FILES, all.length)
    this.#small = new SmallFiles({
      ...setup,
      onComplete: ({ number }, complete, peerId) => {
        if (peerId !== undefined) this.#smallOrigins.note(number, peerId)
        this.#noteComplete(listedOf.get(number)!, complete)
      },
    })
    this.#emptyFolders = all.filter(({ entry }) => entry.kind === 'folder').map(({ relPath }) => relPath)
    for (const { entry } of this.#listed) this.#restBytes += entry.totalBytes
  }

  /**
   * The files of a folder that has its final name already, from what the journal knows of them; what it does not know is read from the disk.
   *
   * @throws IO; CANCELLED
   */
  static async filesAt(path: string, setup: RecoverySetup): Promise<FinishedFile[]> {
    const { context, store, record, entries, signal } = setup
    const earlier = new Map(store.list({ parentId: record.id }).map((child) => [child.id, child]))
    const paths = safePaths(entries.map((entry) => entry.path))
    const folder = { absPath: path, cid: record.cid }
    const files: FinishedFile[] = []
    for (const [number, entry] of entries.entries()) {
      if (entry.kind !== 'file') continue
      const absPath = join(path, paths[number]!)
      const complete =
        completeFromRecord(earlier.get(childId(record.id, number))) ??
        completeFromDisk(await context.ingestor.ingest(absPath, { signal }))
      // What has been changed in the meantime is not what was fetched.
      if (complete.layout.cid !== entry.cid) continue
      files.push(finishedFile(absPath, complete, complete.stat ?? (await statOf(absPath)), folder))
    }
    return files
  }

  get sizeBytes(): number {
    let bytes = this.#restBytes
    for (const child of this.#running) bytes += child.sizeBytes
    return bytes
  }

  get doneBytes(): number {
    let bytes = this.#completeBytes
    for (const child of this.#running) bytes += child.doneBytes
    return bytes
  }

  get isLate(): boolean {
    return this.#listed.length > LATE_FILES
  }

  get files(): { done: number; total: number } {
    return { done: this.#complete.size, total: this.#listed.length }
  }

  get sources(): Iterable<SourceRow> {
    return [...this.#small.sources, ...[...this.#running].flatMap((child) => [...child.sources])]
  }

  sections(): BlockSection[] {
    const running = new Map([...this.#running].map((child) => [child.number, child]))
    const { origins } = this.#setup
    return folderSections({
      files: this.#listed,
      sizeOf: (number) => this.#complete.get(number)?.layout.sizeBytes,
      sectionOf: (number) => running.get(number)?.section() ?? this.#interrupted.get(number),
      originsOf: (number) => origins.known(number),
      smallOrigins: this.#smallOrigins,
      asked: this.#small.asked(),
    })
  }

  dropped(): DroppedSource[] {
    const before = [...this.#dropped.values(), ...this.#small.dropped()]
    return [...before, ...[...this.#running].flatMap((child) => child.dropped())]
  }

  async fetch(signal: AbortSignal): Promise<void> {
    const { context, store, record, nodes } = this.#setup
    const { folder, isNew } = await this.#open()
    if (nodes) folder.saveManifest(nodes)
    const earlier = new Map(store.list({ parentId: record.id }).map((child) => [child.id, child]))
    const pending: ListedFile[] = []
    const small: SmallFile[] = []
    for (const listed of this.#listed) {
      const { digest, number, entry, relPath } = listed
      const path = join(folder.filesPath, relPath)
      if (digest) small.push({ number, cid: entry.cid, digest, path, plannedBytes: entry.totalBytes })
      else {
        const complete = await this.#completedEarlier(listed, earlier.get(childId(record.id, number)))
        if (complete) this.#noteComplete(listed, complete)
        else pending.push(listed)
      }
    }
    const missing = isNew ? small : await this.#small.find(small, signal)
    await checkFreeSpace(folder.path, this.sizeBytes - this.doneBytes, context.options.reserveDiskBytes)
    for (const relPath of this.#emptyFolders) await makeFolder(join(folder.filesPath, relPath))
    await this.#fetchSmall(missing, pending, { earlier, signal })
  }

  /** Files were checked one by one. */
  async check(): Promise<void> {}

  async place(path: string, beforeMove: (path: string) => void): Promise<string> {
    const folder = this.#folder!
    await this.#small.sync(folder.filesPath)
    await folder.sync()
    return placeFolder(folder.filesPath, path, beforeMove)
  }

  async finished(path: string): Promise<FinishedFile[]> {
    const folder = { absPath: path, cid: this.#setup.record.cid }
    const files: FinishedFile[] = []
    for (const { relPath, number } of this.#listed) {
      const absPath = join(path, relPath)
      const complete = this.#complete.get(number)!
      files.push(finishedFile(absPath, complete, complete.stat ?? (await statOf(absPath)), folder))
    }
    return files
  }

  async close(): Promise<void> {}

  /** The part folder, and whether nothing can be in it. */
  async #open(): Promise<{ folder: PartFolder; isNew: boolean }> {
    const { store, record } = this.#setup
    const earlier = record.partPath === '' ? undefined : await PartFolder.reopen(record.partPath)
    const folder = earlier ?? (await PartFolder.create(record.outPath))
    if (!earlier) store.update(record.id, { partPath: folder.path })
    this.#folder = folder
    return { folder, isNew: !earlier }
  }

  async #completedEarlier(
    { relPath }: ListedFile,
    record: DownloadRecord | undefined,
  ): Promise<CompleteFile | undefined> {
    const complete = completeFromRecord(record)
    if (!complete) return undefined
    const stat = await lstat(join(this.#folder!.filesPath, relPath)).catch(() => undefined)
    return stat?.isFile() && stat.size === complete.layout.sizeBytes ? complete : undefined
  }

  /**
   * Fetches the small files, then the others. What does not come the fast way goes the other one, which looks for others who have a file and waits for them;
   * when that has helped some, the rest is tried the fast way again.
   */
  async #fetchSmall(
    small: readonly SmallFile[],
    others: readonly ListedFile[],
    run: { earlier: ReadonlyMap<string, DownloadRecord>; signal: AbortSignal },
  ): Promise<void> {
    const { folderConcurrency } = this.#setup.context.options
    const listedOf = new Map(this.#listed.map((listed) => [listed.number, listed]))
    const toListed = (files: readonly SmallFile[]) => files.map(({ number }) => listedOf.get(number)!)
    const later = [...others]
    let missing: ShoalError | undefined
    for (let left = small; left.length > 0; ) {
      const { refused, unserved } = await this.#small.fetch(left, run.signal)
      later.push(...toListed(refused))
      // No peer serves, though files come: from mirrors, which are read file by file.
      const isInVain = unserved.length === left.length && left.length < small.length
      left = isInVain ? [] : unserved
      if (isInVain) later.push(...toListed(unserved))
      if (left.length === 0) break
      const before = this.#complete.size
      missing = (await this.#fetchAll(toListed(left.slice(0, folderConcurrency)), run)) ?? missing
      left = left.slice(folderConcurrency)
      if (this.#complete.size > before) continue
      later.push(...toListed(left))
      break
    }
    missing = (await this.#fetchAll(later, run)) ?? missing
    if (missing) throw missing
  }

  /**
   * Several workers take files from one list. A file that nobody has does not keep the others from coming.
   *
   * @returns NO_PROVIDERS when there was one @throws any other error
   */
  async #fetchAll(
    pending: readonly ListedFile[],
    { earlier, signal }: { earlier: ReadonlyMap<string, DownloadRecord>; signal: AbortSignal },
  ): Promise<ShoalError | undefined> {
    const { context, record } = this.#setup
    using linked = linkSignals(signal)
    let missing: ShoalError | undefined
    let fatal: ShoalError | undefined
    const queue = pending[Symbol.iterator]()
    const work = async () => {
      for (const listed of queue) {
        linked.signal.throwIfAborted()
        try {
          await this.#fetchOne(listed, earlier.get(childId(record.id, listed.number)), linked.signal)
        } catch (thrown) {
          const error = toShoalError(thrown)
          if (error.code === 'NO_PROVIDERS') missing ??= error
          else {
            fatal ??= error
            linked.abort(error)
          }
        }
      }
    }
    try {
      await Promise.allSettled(Array.from({ length: context.options.folderConcurrency }, work))
    } finally {
      this.#commitRecords()
    }
    signal.throwIfAborted()
    if (fatal) throw fatal
    return missing
  }

  async #fetchOne(
    listed: ListedFile,
    record: DownloadRecord | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { context, store, record: parent, feed, mirrors, order, isPatient, origins, onBlock } = this.#setup
    const child = new FolderChild({
      ...listed,
      context,
      store,
      parentId: parent.id,
      folder: this.#folder!,
      ...{ feed, mirrors, order, isPatient, origins: listed.digest ? this.#asSmall(listed.number) : origins },
      folderHasData: () => this.doneBytes > 0,
      onBlock,
    })
    this.#running.add(child)
    this.#restBytes -= listed.entry.totalBytes
    try {
      const complete = await child.run(record, signal)
      this.#interrupted.delete(listed.number)
      this.#restBytes += listed.entry.totalBytes
      this.#noteComplete(listed, complete)
      this.#records.push(child.completeRecord(complete))
      if (this.#records.length >= RECORDS_PER_COMMIT) this.#commitRecords()
    } catch (error) {
      this.#restBytes += listed.entry.totalBytes
      const section = child.section()
      if (section) this.#interrupted.set(listed.number, frozen([section]))
      throw error
    } finally {
      for (const dropped of child.dropped()) this.#dropped.set(dropped.peerId, dropped)
      this.#running.delete(child)
    }
  }

  /** A file of one block that comes the way of the others is noted with its like. */
  #asSmall(number: number): Pick<Origins, 'file'> {
    const { note, of } = this.#smallOrigins
    return { file: () => ({ note: (_, peerId) => note(number, peerId), of: () => of(number) }) }
  }

  #noteComplete({ entry, number }: ListedFile, complete: CompleteFile): void {
    this.#complete.set(number, complete)
    this.#completeBytes += complete.layout.sizeBytes
    this.#restBytes += complete.layout.sizeBytes - entry.totalBytes
  }

  #commitRecords(): void {
    const records = this.#records.splice(0)
    if (records.length > 0) this.#setup.store.put(...records)
  }
}

function finishedFile(
  absPath: string,
  { layout, sha256, totalBytes }: CompleteFile,
  stat: FileStat,
  folder: FinishedFolder,
): FinishedFile {
  return { absPath, cid: layout.cid, layout, sha256, totalBytes, stat, folder }
}

async function statOf(path: string): Promise<FileStat> {
  const { size, mtimeMs, ino } = await lstat(path)
  return { size, mtimeMs, ino }
}
