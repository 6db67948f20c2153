import { join } from 'node:path'
import { ShoalError } from '../base/errors.ts'
import type { DownloadPatch, DownloadRecord } from '../storage/download-store.ts'
import type { TransferContext } from './context.ts'
import type { DownloadJob } from './download-job.ts'
import type { DroppedSource } from './download-view.ts'
import { FetchTarget } from './fetch-target.ts'
import { FileJob, recoverPlacedFile } from './file-job.ts'
import { FolderJob, type FolderJobSetup } from './folder-job.ts'
import { ManifestFetch } from './manifest-fetch.ts'
import { discardPart } from './part-file.ts'
import { discardPartFolder, PartFolder } from './part-folder.ts'
import { exists, isFolder } from './place.ts'
import type { DownloadJournal, FinishedFile } from './ports.ts'
import type { ProviderFeed } from './provider-feed.ts'

/** What a job is made of, whatever the CID turns out to be. */
export type JobSetup = Omit<FolderJobSetup, 'entries' | 'nodes'>

/** What a CID turned out to be. */
export interface ResolvedContent {
  /** What the journal should know before anything is fetched. */
  readonly patch: DownloadPatch
  job(setup: JobSetup): DownloadJob
}

export interface ResolveSetup {
  readonly context: TransferContext
  readonly record: DownloadRecord
  readonly feed: ProviderFeed
  readonly signal: AbortSignal
  /** Given, before anybody is asked, how to read who was dropped. */
  readonly onDropped: (dropped: () => DroppedSource[]) => void
}

/**
 * Finds out what a download's CID is: from the CID itself, from what an earlier run left, or from the first provider that gives the manifest.
 *
 * @throws as ManifestFetch
 */
export async function resolveContent(setup: ResolveSetup): Promise<ResolvedContent> {
  const { context, record, feed, signal, onDropped } = setup
  const { cid, sizeBytes, digests } = record
  if (record.kind === 'folder' && record.partPath !== '') {
    const manifest = await PartFolder.loadManifest(record.partPath, cid)
    if (manifest?.kind === 'folder') return folder(manifest.entries, undefined)
  }
  if (record.kind === 'file' && digests) return file(FetchTarget.ofLayout({ cid, sizeBytes, digests }), {})
  const simple = FetchTarget.ofCid(cid)
  if (simple) return file(simple, layoutPatch(simple))
  const fetch = new ManifestFetch(context, cid, [feed])
  onDropped(() => fetch.dropped())
  const { manifest, nodes } = await fetch.run(signal).catch((error: unknown) => {
    throw record.mirrors?.length ? onlyMirrors(error) : error
  })
  if (manifest.kind === 'folder') return folder(manifest.entries, nodes)
  const target = FetchTarget.ofLayout(manifest.layout)
  return file(target, layoutPatch(target))
}

/** Whoever named mirrors wonders why they do not do. */
function onlyMirrors(error: unknown): unknown {
  if (!(error instanceof ShoalError) || error.code !== 'NO_PROVIDERS') return error
  const advice = 'Mirrors serve the bytes; the list of blocks comes from a peer, and one is needed.'
  return new ShoalError(error.code, `${error.message} ${advice}`, { cause: error })
}

function file(target: FetchTarget, patch: DownloadPatch): ResolvedContent {
  return { patch: { ...patch, kind: 'file' }, job: (setup) => new FileJob({ ...setup, target }) }
}

function folder(
  entries: FolderJobSetup['entries'],
  nodes: readonly Uint8Array[] | undefined,
): ResolvedContent {
  const sizeBytes = entries.reduce((sum, entry) => sum + (entry.kind === 'file' ? entry.totalBytes : 0), 0)
  return {
    patch: { kind: 'folder', sizeBytes },
    job: (setup) => new FolderJob({ ...setup, entries, nodes }),
  }
}

function layoutPatch({ layout }: FetchTarget): DownloadPatch {
  return layout ? { sizeBytes: layout.sizeBytes, digests: layout.digests } : {}
}

/**
 * After a stop while the final name was being given: completes that, when it had been given already.
 *
 * @returns what lies at the final place; undefined when the download has to go on as usual
 */
export async function recoverPlaced(
  context: TransferContext,
  store: DownloadJournal,
  record: DownloadRecord,
  signal: AbortSignal,
): Promise<FinishedFile[] | undefined> {
  if (record.partPath === '') return undefined
  if (record.kind === 'file') {
    const found = await recoverPlacedFile(context, record, signal)
    return found && [found]
  }
  if (!(await isFolder(record.outPath)) || (await exists(join(record.partPath, 'files')))) return undefined
  const manifest = await PartFolder.loadManifest(record.partPath, record.cid)
  if (manifest?.kind !== 'folder') return undefined
  const { entries } = manifest
  return FolderJob.filesAt(record.outPath, { context, store, record, entries, signal })
}

/** Removes what a download has put on the disk beside its final place. Of a folder that is done, that is what is left of its part folder. */
export async function discard(record: DownloadRecord): Promise<void> {
  if (record.partPath === '') return
  if (record.kind === 'folder') await discardPartFolder(record.partPath)
  else await discardPart(record.partPath)
}
