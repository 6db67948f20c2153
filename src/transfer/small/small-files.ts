import { inBatches } from '../../base/batches.ts'
import { every } from '../../base/clock.ts'
import { sameBytes, sha256 } from '../../content/verify.ts'
import type { DownloadRecord } from '../../storage/download-store.ts'
import type { TransferContext } from '../context.ts'
import type { DroppedSource } from '../download-view.ts'
import type { CompleteFile } from '../folder-child.ts'
import type { DownloadJournal, FileStat } from '../ports.ts'
import type { ProviderFeed } from '../provider-feed.ts'
import { syncAll } from './durable.ts'
import { type SmallArrival, SmallFetch, type SmallRest } from './small-fetch.ts'
import type { SmallFile } from './small-file.ts'
import type { SmallSource } from './small-source.ts'

export interface SmallFilesSetup {
  readonly context: TransferContext
  readonly store: DownloadJournal
  /** Of the folder. */
  readonly record: DownloadRecord
  readonly feed: ProviderFeed
  readonly onBlock: (peerId: string, bytes: number) => void
  /** @param peerId who gave it; undefined when it was there */
  readonly onComplete: (file: SmallFile, complete: CompleteFile, peerId?: string) => void
}

/** What an earlier run wrote is read in such batches, so many at once: enough for all threads. */
const CHECK_BATCH = { items: 128, size: 128 }
const CHECKS_AT_ONCE = 4

/** How much is there is noted so often, ms. */
const NOTE_MS = 1000

/**
 * The small files of a folder: fetched many at once, verified in memory and written as whole files, without a journal entry or an fsync each. What an
 * earlier run wrote is read and compared with its CID, which is all that need be known of it; before the folder gets its name everything is made durable.
 */
export class SmallFiles {
  readonly #setup: SmallFilesSetup
  readonly #complete: SmallFile[] = []
  readonly #bytesByPeer: Record<string, number> = {}
  #doneBytes = 0
  #notedBytes = 0
  #fetch: SmallFetch | undefined
  #dropped: DroppedSource[] = []

  constructor(setup: SmallFilesSetup) {
    this.#setup = setup
  }

  get sources(): Iterable<SmallSource> {
    return this.#fetch?.sources ?? []
  }

  /** PeerIds of those who are asked for a file, by its number. */
  asked(): Map<number, string[]> {
    const asked = new Map<number, string[]>()
    for (const source of this.sources)
      for (const { number } of source.askedFiles())
        asked.set(number, [...(asked.get(number) ?? []), source.provider.peerId])
    return asked
  }

  dropped(): DroppedSource[] {
    return [...this.#dropped, ...(this.#fetch?.dropped() ?? [])]
  }

  /** Looks for files that an earlier run wrote. @returns those that are not there @throws the signal's reason */
  async find(files: readonly SmallFile[], signal: AbortSignal): Promise<SmallFile[]> {
    const { context, store, record } = this.#setup
    Object.assign(this.#bytesByPeer, store.get(noteId(record))?.sources)
    const missing: SmallFile[] = []
    const batches = inBatches(files, () => 1, CHECK_BATCH)
    const work = async () => {
      for (const batch of batches) {
        signal.throwIfAborted()
        const stats = await context.disk.checkFiles(batch.map(({ path, digest }) => ({ path, digest })))
        for (const [at, file] of batch.entries()) {
          const stat = stats[at]
          if (stat) this.#noteComplete(file, stat)
          else missing.push(file)
        }
      }
    }
    await Promise.all(Array.from({ length: CHECKS_AT_ONCE }, work))
    return missing.sort((a, b) => a.number - b.number)
  }

  /** @throws what the disk or the journal said; the signal's reason */
  async fetch(files: readonly SmallFile[], signal: AbortSignal): Promise<SmallRest> {
    const { context, feed } = this.#setup
    const [empty, full] = [files.filter(isEmpty), files.filter((file) => !isEmpty(file))]
    await this.#makeEmpty(empty)
    const noting = every(context.clock, NOTE_MS, () => this.#tryNote())
    this.#fetch = new SmallFetch({
      context,
      feed,
      files: full,
      onArrival: (arrival) => this.#arrived(arrival),
    })
    try {
      return await this.#fetch.run(signal)
    } finally {
      noting.cancel()
      this.#dropped = this.dropped()
      this.#fetch = undefined
      this.#tryNote()
    }
  }

  /** Makes the bytes of all of them durable. @param folder that holds them @throws IO, NO_SPACE */
  async sync(folder: string): Promise<void> {
    const paths = this.#complete.map(({ path }) => path)
    await syncAll(folder, paths, this.#setup.context.disk)
  }

  /** There is nothing to fetch of an empty file. */
  async #makeEmpty(files: readonly SmallFile[]): Promise<void> {
    const memory = new Uint8Array(new SharedArrayBuffer(0))
    for (const batch of inBatches(files, () => 1, CHECK_BATCH)) {
      const zeros = batch.map(() => 0)
      const stats = await this.#setup.context.disk.putFiles(memory, {
        paths: batch.map(({ path }) => path),
        ...{ offsets: zeros, lengths: zeros },
        digests: Buffer.concat(batch.map(({ digest }) => digest)),
      })
      for (const [at, file] of batch.entries()) this.#noteComplete(file, stats[at]!)
    }
  }

  #arrived({ peerId, files }: SmallArrival): void {
    let bytes = 0
    for (const { file, stat } of files) {
      bytes += stat.size
      this.#noteComplete(file, stat, peerId)
    }
    this.#bytesByPeer[peerId] = (this.#bytesByPeer[peerId] ?? 0) + bytes
    this.#setup.onBlock(peerId, bytes)
  }

  #noteComplete(file: SmallFile, stat: FileStat, peerId?: string): void {
    this.#complete.push(file)
    this.#doneBytes += stat.size
    const layout = { cid: file.cid, sizeBytes: stat.size, digests: file.digest }
    const sha256 = Buffer.from(file.digest).toString('hex')
    this.#setup.onComplete(file, { layout, sha256, totalBytes: stat.size, stat }, peerId)
  }

  /** For the view after a restart alone, so losing it is no harm. */
  #tryNote(): void {
    const { context, store, record } = this.#setup
    if (this.#doneBytes === this.#notedBytes) return
    this.#notedBytes = this.#doneBytes
    try {
      store.put({
        id: noteId(record),
        parentId: record.id,
        cid: record.cid,
        kind: 'file',
        name: '',
        outPath: '',
        partPath: '',
        state: 'done',
        sizeBytes: this.#doneBytes,
        createdMs: context.clock.now(),
        bitmap: new Uint8Array(),
        sources: this.#bytesByPeer,
      })
    } catch (error) {
      context.log.warn({ err: error, id: record.id }, 'how much of a folder is there could not be noted')
    }
  }
}

const EMPTY_DIGEST = sha256(new Uint8Array())

function isEmpty({ digest }: SmallFile): boolean {
  return sameBytes(digest, EMPTY_DIGEST)
}

/** Id of the one record that stands for all small files of a folder. */
function noteId({ id }: DownloadRecord): string {
  return `${id}/small`
}
