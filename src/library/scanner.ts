import type { Clock } from '../base/clock.ts'
import { toShoalError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { Catalogue } from '../storage/catalogue.ts'
import type { CatalogueChange, Share } from '../storage/catalogue-types.ts'
import { absolutePath, joinRelPath, publicPath, splitRelPath } from '../storage/rel-path.ts'
import type { ShareFile } from './file-key.ts'
import type { LeftOut, LeftOutReason } from './left-out.ts'
import { type Listing, listFolder, statOrNothing, toDiskStat } from './listing.ts'
import { compareRows, isSameFile, type ScanRules } from './scan-rules.ts'
import type { DiskStat } from './settle.ts'
import { Slices } from './slices.ts'

/** Rows removed in one transaction. */
const REMOVE_ROWS = 200

/** Folders that are said to be unreadable, or names that are not UTF-8, before that is all said again. */
const MAX_REPORTED = 1000

export interface ScannerParts {
  readonly catalogue: Catalogue
  readonly rules: ScanRules
  readonly clock: Clock
  readonly log: Logger
  /** Something was written; the change is empty when nobody could have found it, as with folders that have no CID yet. */
  readonly onChange: (change: CatalogueChange) => void
}

/** What a scan does with the files it finds. */
export interface ScanVisitor {
  /** Not in the catalogue as it is on the disk: new or changed. May wait to slow the scan down. */
  readonly onNew: (file: ShareFile, stat: DiskStat) => Promise<void> | void
  /** In the catalogue, unchanged. */
  readonly onKnown?: (file: ShareFile) => void
  /** There, and not shared. */
  readonly onLeftOut?: (leftOut: LeftOut) => void
}

/** One folder of a scan. */
interface Step {
  readonly share: Share
  readonly dir: string
  readonly visitor: ScanVisitor
  readonly slices: Slices
  readonly signal: AbortSignal | undefined
}

/**
 * Brings the catalogue in line with the disk. Whatever a listing says has gone or changed is looked at once more before it is believed: the
 * listing is older than what importers wrote meanwhile.
 */
export class Scanner {
  readonly #parts: ScannerParts
  readonly #reported = new Set<string>()

  constructor(parts: ScannerParts) {
    this.#parts = parts
  }

  /**
   * Scans a folder of a share with all below it, or the file of a share of one file. Aborts with the signal's reason.
   *
   * @returns how many folders there were
   */
  async scanTree(share: Share, relPath: string, visitor: ScanVisitor, signal?: AbortSignal): Promise<number> {
    if (share.kind === 'file') {
      await this.scanPath(share, share.name, visitor, signal)
      return 0
    }
    const slices = new Slices(this.#parts.clock)
    const folders = [relPath]
    let count = 0
    for (let dir = folders.pop(); dir !== undefined; dir = folders.pop()) {
      signal?.throwIfAborted()
      const listing = await this.#list({ share, dir, visitor, slices, signal })
      if (!listing) continue
      for (const name of listing.folders) folders.push(joinRelPath(dir, name))
      count++
      await this.#compare({ share, dir, listing, visitor, slices, signal })
    }
    return count
  }

  /**
   * Looks at one path below the root, which may have come, changed or gone. A folder is scanned when it is new.
   *
   * @returns true when a folder came that holds folders
   */
  async scanPath(
    share: Share,
    relPath: string,
    visitor: ScanVisitor,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const { catalogue, rules } = this.#parts
    const reason = share.kind === 'file' ? undefined : rules.reasonAgainstPath(share, relPath)
    const absPath = absolutePath(share, relPath)
    const facts = reason ? undefined : await statOrNothing(absPath)
    const known = catalogue.child(share.id, relPath)
    if (facts?.isDirectory()) {
      if (known?.kind === 'file') await this.remove(share, relPath)
      if (known?.kind === 'folder') return false
      return (await this.scanTree(share, relPath, visitor, signal)) > 1
    }
    if (!facts?.isFile()) {
      if (known) await this.remove(share, relPath)
      return false
    }
    const stat = toDiskStat(facts)
    const file = { shareId: share.id, relPath, absPath }
    if (known && isSameFile(known, stat)) {
      visitor.onKnown?.(file)
      return false
    }
    if (known) await this.remove(share, relPath)
    await visitor.onNew(file, stat)
    return false
  }

  /** Takes a path with all below it out of the catalogue, and says so. @returns entries that could be found before */
  async remove(share: Pick<Share, 'id'>, relPath: string): Promise<number> {
    let count = 0
    for (let done = false; !done; ) {
      const part = this.#parts.catalogue.removeTree({ shareId: share.id, relPath }, REMOVE_ROWS)
      this.#parts.onChange({ added: [], removed: part.removed })
      count += part.removed.length
      done = part.done
      if (!done) await new Promise((resolve) => setImmediate(resolve))
    }
    return count
  }

  async #compare({
    share,
    dir,
    listing,
    visitor,
    slices,
    signal,
  }: Step & { listing: Listing }): Promise<void> {
    const { catalogue, onChange } = this.#parts
    const known = new Set<string>()
    for (const rows of catalogue.childrenOf(share.id, dir)) {
      for (const row of rows) if (row.kind === 'folder') known.add(row.name)
      const suspects = compareRows(rows, listing)
      if (visitor.onKnown) {
        const doubtful = new Set(suspects)
        for (const row of rows) {
          if (row.kind === 'file' && !doubtful.has(row.name))
            visitor.onKnown(this.#file(share, dir, row.name))
        }
      }
      for (const name of suspects) {
        listing.files.delete(name)
        await this.scanPath(share, joinRelPath(dir, name), visitor, signal)
      }
      await slices.breathe(signal)
    }
    const folders = [...listing.folders].filter((name) => !known.has(name))
    if (folders.length > 0 || !catalogue.child(share.id, dir)) {
      onChange(catalogue.ensureFolders(share.id, [dir, ...folders.map((name) => joinRelPath(dir, name))]))
    }
    for (const [name, stat] of listing.files) {
      await visitor.onNew(this.#file(share, dir, name), stat)
      await slices.breathe(signal)
    }
  }

  /** Undefined when there is nothing to compare: the folder is gone, and with it its rows, or cannot be read, and its rows stay. */
  async #list({ share, dir, visitor, slices, signal }: Step): Promise<Listing | undefined> {
    const absPath = absolutePath(share, dir)
    const leftOut = (path: string, reason: LeftOutReason) =>
      visitor.onLeftOut?.({ path: publicPath(share, path), reason })
    const onSkipped = (name: string, reason: LeftOutReason) => leftOut(joinRelPath(dir, name), reason)
    try {
      return await listFolder(absPath, {
        accept: (name) => {
          const reason = this.#parts.rules.reasonAgainst(share, dir, name)
          if (reason) onSkipped(name, reason)
          return reason === undefined
        },
        onBadName: (name) => {
          this.#report(`${absPath}/${name}`, 'name is not UTF-8: file is not shared')
          onSkipped(name, 'name is not UTF-8')
        },
        onSkipped,
        slices,
        signal,
      })
    } catch (error) {
      signal?.throwIfAborted()
      const { code } = toShoalError(error, 'IO')
      const isGone = code === 'NOT_FOUND' || (error as NodeJS.ErrnoException).code === 'ENOTDIR'
      // A root that is gone is a disk that is away, which is for the caller to find out.
      if (isGone && dir !== '') await this.remove(share, dir)
      if (!isGone) {
        this.#report(absPath, 'folder cannot be read: what is known of it stays')
        leftOut(dir, 'unreadable')
      }
      return undefined
    }
  }

  #file(share: Share, dir: string, name: string): ShareFile {
    const relPath = joinRelPath(dir, name)
    return { shareId: share.id, relPath, absPath: absolutePath(share, relPath) }
  }

  #report(path: string, message: string): void {
    if (this.#reported.has(path)) return
    if (this.#reported.size >= MAX_REPORTED) this.#reported.clear()
    this.#reported.add(path)
    this.#parts.log.warn({ path, name: splitRelPath(path).name }, message)
  }
}
