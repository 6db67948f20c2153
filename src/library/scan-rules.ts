import type { Catalogue } from '../storage/catalogue.ts'
import type { Child, Share } from '../storage/catalogue-types.ts'
import { absolutePath, joinRelPath } from '../storage/rel-path.ts'
import { isIgnoredName } from './ignore.ts'
import type { Listing } from './listing.ts'
import type { DiskStat } from './settle.ts'

export interface ScanRulesParts {
  readonly catalogue: Catalogue
  readonly hidden: boolean
  /** The node's data folder, absolute: never entered, however a share may come to contain it. */
  readonly dataDir: string | undefined
}

/** What of a share's folder counts. */
export class ScanRules {
  readonly #parts: ScanRulesParts

  constructor(parts: ScanRulesParts) {
    this.#parts = parts
  }

  /** True when an entry of the folder `dir` is looked at. */
  accepts(share: Share, dir: string, name: string): boolean {
    const { catalogue, hidden, dataDir } = this.#parts
    if (isIgnoredName(name, { hidden })) return false
    const relPath = joinRelPath(dir, name)
    if (catalogue.isExcluded(share.id, relPath)) return false
    return dataDir === undefined || absolutePath(share, relPath) !== dataDir
  }

  /** {@link accepts} for every part of a path below the share. */
  acceptsPath(share: Share, relPath: string): boolean {
    let dir = ''
    for (const name of relPath === '' ? [] : relPath.split('/')) {
      if (!this.accepts(share, dir, name)) return false
      dir = joinRelPath(dir, name)
    }
    return true
  }
}

/**
 * Compares rows of the catalogue with the listing of their folder. What fits is taken out of the listing; what is left in it, when all
 * rows are through, is new.
 *
 * @returns names of rows that the listing says have gone or changed
 */
export function compareRows(rows: readonly Child[], listing: Listing): string[] {
  const suspects: string[] = []
  for (const row of rows) {
    const stat = row.kind === 'file' ? listing.files.get(row.name) : undefined
    if (stat && isSameFile(row, stat)) listing.files.delete(row.name)
    else if (row.kind === 'file' || !listing.folders.has(row.name)) suspects.push(row.name)
  }
  return suspects
}

/** The row's file, unchanged as far as the file system can say. */
export function isSameFile(row: Child, stat: DiskStat): boolean {
  return row.kind === 'file' && row.size === stat.size && row.mtimeMs === stat.mtimeMs && row.ino === stat.ino
}
