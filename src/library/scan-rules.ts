import type { Catalogue } from '../storage/catalogue.ts'
import type { Child, Share } from '../storage/catalogue-types.ts'
import { absolutePath, joinRelPath } from '../storage/rel-path.ts'
import { whyIgnored } from './ignore.ts'
import type { LeftOutReason } from './left-out.ts'
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

  /** Why an entry of the folder `dir` is not looked at; undefined when it is. */
  reasonAgainst(share: Share, dir: string, name: string): LeftOutReason | undefined {
    const { catalogue, hidden, dataDir } = this.#parts
    const ignored = whyIgnored(name, { hidden })
    if (ignored) return ignored
    const relPath = joinRelPath(dir, name)
    if (catalogue.isExcluded(share.id, relPath)) return 'removed'
    return dataDir !== undefined && absolutePath(share, relPath) === dataDir ? 'own data' : undefined
  }

  /** The first {@link reasonAgainst} a part of a path below the share. */
  reasonAgainstPath(share: Share, relPath: string): LeftOutReason | undefined {
    let dir = ''
    for (const name of relPath === '' ? [] : relPath.split('/')) {
      const reason = this.reasonAgainst(share, dir, name)
      if (reason) return reason
      dir = joinRelPath(dir, name)
    }
    return undefined
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
