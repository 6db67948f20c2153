import { ShoalError, toShoalError } from '../base/errors.ts'
import { abortable } from '../base/signals.ts'
import type { SharedEntry } from '../content/entry.ts'
import type { Catalogue } from '../storage/catalogue.ts'
import type { FileStat, PathKey, Share } from '../storage/catalogue-types.ts'
import { absolutePath, publicPath } from '../storage/rel-path.ts'
import type { ShareFile } from './file-key.ts'
import type { FolderBuilder } from './folder-builder.ts'
import type { Importer } from './importer.ts'
import type { LeftOut, LeftOutReason } from './left-out.ts'
import type { Scanner } from './scanner.ts'

/** Files of one call that are being imported at once; the scan waits for them. */
const MAX_OUTSTANDING = 2000

export interface AddNowParts {
  readonly catalogue: Catalogue
  readonly scanner: Scanner
  readonly importer: Importer
  readonly builder: FolderBuilder
}

/** A path of a share; in a share of one file its name. */
export interface ShareTarget {
  readonly share: Share
  readonly relPath: string
}

export interface AddNowOptions {
  /** Ends the wait; what is shared stays shared and is imported in the background. */
  readonly signal?: AbortSignal
  /** Hears of each entry as soon as it can be found; of a folder itself last. */
  readonly onAdded?: (entry: SharedEntry) => void
  /** Hears of what is in the folder and is not shared. */
  readonly onLeftOut?: (leftOut: LeftOut) => void
}

/**
 * Imports a path of a share at once, without waiting for files to settle. Files of a folder that cannot be read, or change meanwhile, are left to the
 * background; for a single file that is an error.
 *
 * @returns all entries: the files, those known before too, then the folder itself
 */
export async function addNow(
  { catalogue, scanner, importer, builder }: AddNowParts,
  { share, relPath }: ShareTarget,
  { signal, onAdded, onLeftOut }: AddNowOptions,
): Promise<SharedEntry[]> {
  const key = { shareId: share.id, relPath }
  const entries: SharedEntry[] = []
  const outstanding = new Set<Promise<void>>()
  let failure: unknown
  const report = (entry: SharedEntry | undefined) => {
    if (!entry || signal?.aborted) return
    entries.push(entry)
    onAdded?.(entry)
  }
  const leaveOut = (path: string, reason: LeftOutReason) => {
    if (!signal?.aborted) onLeftOut?.({ path: publicPath(share, path), reason })
  }
  const visitor = {
    onLeftOut: (leftOut: LeftOut) => onLeftOut?.(leftOut),
    onKnown: (file: PathKey) => {
      const entry = catalogue.entryAt(file)
      if (entry) report(entry)
      else if (catalogue.child(file.shareId, file.relPath)?.isDamaged) leaveOut(file.relPath, 'damaged')
    },
    onNew: async (file: ShareFile, stat: FileStat) => {
      const job = importer
        .importNow(file, stat.size)
        .then(report, (error: unknown) => {
          failure ??= error
          leaveOut(file.relPath, reasonOf(error))
        })
        .finally(() => outstanding.delete(job))
      outstanding.add(job)
      if (outstanding.size >= MAX_OUTSTANDING) await abortable(Promise.race(outstanding), signal)
    },
  }
  try {
    const isKnownFolder = relPath === '' || catalogue.child(share.id, relPath)?.kind === 'folder'
    if (isKnownFolder) await scanner.scanTree(share, relPath, visitor, signal)
    else await scanner.scanPath(share, relPath, visitor, signal)
    await abortable(Promise.all(outstanding), signal)
    const top = catalogue.child(share.id, relPath)
    if (!top)
      throw failure ?? new ShoalError('NOT_FOUND', `${absolutePath(share, relPath)} is not there any more.`)
    if (top.isDamaged) {
      throw new ShoalError(
        'CONFLICT',
        `${absolutePath(share, relPath)} is damaged: its bytes are not those that were shared, and nothing else has changed. Put a good copy in its place; if it is right as it is, run: touch`,
      )
    }
    if (top.kind === 'folder') {
      await builder.build(key, signal)
      report(catalogue.entryAt(key))
    }
    return entries
  } catch (error) {
    throw toShoalError(error, 'IO')
  }
}

/** What it means for a file of a folder that it could not be imported. */
function reasonOf(error: unknown): LeftOutReason {
  const { code } = toShoalError(error, 'IO')
  if (code === 'FILE_CHANGED') return 'changed'
  if (code === 'NOT_FOUND') return 'gone'
  return code === 'CANCELLED' ? 'removed' : 'unreadable'
}
