import { unlink } from 'node:fs/promises'
import { ShoalError } from '../base/errors.ts'
import type { DownloadOrder, DownloadRecord } from '../storage/download-store.ts'
import type { BlockSection } from './block-map/cells.ts'
import type { Origins } from './block-map/origins.ts'
import type { TransferContext } from './context.ts'
import type { DownloadJob } from './download-job.ts'
import { journalledBlocks } from './download-record.ts'
import type { DroppedSource } from './download-view.ts'
import type { FetchTarget } from './fetch-target.ts'
import { FileTask } from './file-task.ts'
import type { MirrorList } from './mirror/mirror-list.ts'
import { exists, isSameFile, placeFile, syncFolderOf } from './place.ts'
import type { DownloadJournal, FinishedFile, IngestedFile } from './ports.ts'
import type { ProviderFeed } from './provider-feed.ts'
import type { Source } from './source.ts'

export interface FileJobSetup {
  readonly context: TransferContext
  readonly store: DownloadJournal
  readonly record: DownloadRecord
  readonly target: FetchTarget
  readonly feed: ProviderFeed
  readonly mirrors: MirrorList
  readonly order: () => DownloadOrder
  readonly isPatient: () => boolean
  readonly origins: Origins
  readonly onBlock: (peerId: string, bytes: number) => void
}

/** A download of one file. */
export class FileJob implements DownloadJob {
  readonly files = undefined
  readonly #setup: FileJobSetup
  readonly #task: FileTask

  constructor(setup: FileJobSetup) {
    const { context, store, record, target, feed, mirrors, order, isPatient, origins, onBlock } = setup
    this.#setup = setup
    let hasDigests = record.digests !== undefined
    this.#task = new FileTask({
      context,
      target,
      feeds: [feed],
      mirrors,
      finalPath: record.outPath,
      earlier: record.partPath === '' ? undefined : record,
      order,
      isPatient,
      origins,
      number: 0,
      onBlock,
      journal: {
        begin: (partPath) => store.update(record.id, { partPath, bitmap: emptyBitmap(target) }),
        reset: (bitmap) => store.update(record.id, { bitmap }),
        mark: (indices, bytesByPeer) => {
          const { sizeBytes, digests } = target.layout!
          if (!hasDigests) store.update(record.id, { sizeBytes, digests })
          hasDigests = true
          store.markBlocks(record.id, indices, bytesByPeer)
        },
      },
    })
  }

  get sizeBytes(): number {
    return this.#setup.target.layout?.sizeBytes ?? 0
  }

  get doneBytes(): number {
    return this.#task.doneBytes
  }

  get sources(): Iterable<Source> {
    return this.#task.sources
  }

  sections(): BlockSection[] | undefined {
    const section = this.#task.section()
    return section && [section]
  }

  dropped(): DroppedSource[] {
    return this.#task.dropped()
  }

  async fetch(signal: AbortSignal): Promise<void> {
    await this.#task.fetch(signal)
  }

  check(signal: AbortSignal, onRepair: () => void): Promise<void> {
    return this.#task.check(signal, onRepair)
  }

  get isLate(): boolean {
    return this.#task.isDigestLate
  }

  async place(path: string, beforeMove: (path: string) => void): Promise<string> {
    return placeFile(this.#task.partPath!, path, beforeMove)
  }

  async finished(path: string, signal: AbortSignal): Promise<FinishedFile[]> {
    return [finishedFile(path, await this.#task.describe(signal))]
  }

  close(): Promise<void> {
    return this.#task.close()
  }
}

/** A file in its place, from what reading it told. */
export function finishedFile(absPath: string, ingested: IngestedFile): FinishedFile {
  const { cid, sizeBytes, digests, sha256, totalBytes, stat } = ingested
  return { absPath, cid, layout: { cid, sizeBytes, digests }, sha256, totalBytes, stat }
}

/**
 * After a stop in the middle of {@link placeFile}: the file, when it has its final name already. The move is completed.
 *
 * @throws IO
 */
export async function recoverPlacedFile(
  context: TransferContext,
  record: DownloadRecord,
  signal: AbortSignal,
): Promise<FinishedFile | undefined> {
  const { outPath, partPath, cid } = record
  if (!journalledBlocks(record)?.isFull || !(await exists(outPath))) return undefined
  // Two names, one file: linked and not yet unlinked. One name only: whether it is ours, its content tells.
  const linked = await isSameFile(partPath, outPath)
  if (!linked && (await exists(partPath))) return undefined
  const ingested = await context.ingestor.ingest(outPath, { signal }).catch((error: unknown) => {
    if (error instanceof ShoalError && error.code === 'CANCELLED') throw error
    return undefined
  })
  if (ingested?.cid !== cid) return undefined
  if (linked) {
    await unlink(partPath)
    await syncFolderOf(partPath)
  }
  return finishedFile(outPath, ingested)
}

function emptyBitmap(target: FetchTarget): Uint8Array {
  return target.layout ? new Uint8Array(Math.ceil(target.blockCount / 8)) : new Uint8Array()
}
