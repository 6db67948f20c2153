import { basename } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { EntryKind } from '../content/entry.ts'
import type { Share, ShareOrigin } from './catalogue-types.ts'
import type { Handle } from './handle.ts'
import { foldersAbove } from './rel-path.ts'
import type { ShareList } from './share-list.ts'

interface ShareRow {
  id: number
  path: string
  name: string
  kind: EntryKind
  origin: ShareOrigin
  added_ms: number
  missing: number
  root_dev: number | null
  files: number
  folders: number
  size_bytes: number
}

interface ShareTableParts {
  readonly handle: Handle
  readonly list: ShareList
  readonly clock: Clock
}

/** Shares and what is excluded from them. Every change also goes to the list in its own file. */
export class ShareTable {
  readonly #handle: Handle
  readonly #list: ShareList
  readonly #clock: Clock
  /** Excluded paths by share; as many as a user removed by hand. */
  #excludes = new Map<number, Set<string>>()

  constructor({ handle, list, clock }: ShareTableParts) {
    this.#handle = handle
    this.#list = list
    this.#clock = clock
    if (handle.fresh) this.restore()
    else this.#loadExcludes()
  }

  /** Fills an empty database from the list. */
  restore(): void {
    this.#handle.transaction(() => {
      for (const share of this.#list.read()) {
        this.#handle.run(
          'INSERT OR IGNORE INTO shares (id, path, name, kind, origin, added_ms) VALUES (?, ?, ?, ?, ?, ?)',
          share.id,
          share.path,
          basename(share.path),
          share.kind,
          share.origin,
          share.addedMs,
        )
        for (const relPath of share.excludes) {
          this.#handle.run('INSERT OR IGNORE INTO excludes VALUES (?, ?)', share.id, relPath)
        }
      }
    })
    this.#loadExcludes()
  }

  all(): Share[] {
    return this.#handle.all<ShareRow>('SELECT * FROM shares ORDER BY path').map(toShare)
  }

  get(id: number): Share | undefined {
    const row = this.#handle.get<ShareRow>('SELECT * FROM shares WHERE id = ?', id)
    return row && toShare(row)
  }

  byPath(absPath: string): Share | undefined {
    const row = this.#handle.get<ShareRow>('SELECT * FROM shares WHERE path = ?', absPath)
    return row && toShare(row)
  }

  /** The share of that path, new or as it was; origin and kind become the ones given. */
  add(absPath: string, kind: EntryKind, origin: ShareOrigin): Share {
    this.#handle.run(
      `INSERT INTO shares (path, name, kind, origin, added_ms) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (path) DO UPDATE SET kind = excluded.kind, origin = excluded.origin`,
      absPath,
      basename(absPath),
      kind,
      origin,
      this.#clock.now(),
    )
    this.#save()
    return this.byPath(absPath)!
  }

  /** Its entries go with it. */
  remove(id: number): void {
    this.#handle.run('DELETE FROM shares WHERE id = ?', id)
    this.#excludes.delete(id)
    this.#save()
  }

  /** @returns true when that is new */
  setMissing(id: number, missing: boolean): boolean {
    const sql = 'UPDATE shares SET missing = ? WHERE id = ? AND missing <> ?'
    return this.#handle.run(sql, Number(missing), id, Number(missing)).changes > 0
  }

  setRootDev(id: number, dev: number): void {
    this.#handle.run('UPDATE shares SET root_dev = ? WHERE id = ? AND root_dev IS NOT ?', dev, id, dev)
  }

  /** Takes files or folders, with all below them, out of a share for good. */
  exclude(shareId: number, relPaths: readonly string[]): void {
    this.#handle.transaction(() => {
      for (const path of relPaths) {
        this.#handle.run('INSERT OR IGNORE INTO excludes VALUES (?, ?)', shareId, path)
      }
    })
    this.#loadExcludes()
    this.#save()
  }

  /** Undoes {@link exclude} for the path, for what lies below it, and for the folders it lies in. True when there was any. */
  include(shareId: number, relPath: string): boolean {
    const mine = [...(this.#excludes.get(shareId) ?? [])]
    const above = new Set([relPath, ...foldersAbove(relPath)])
    const undone = mine.filter((path) => above.has(path) || relPath === '' || path.startsWith(`${relPath}/`))
    if (undone.length === 0) return false
    this.#handle.transaction(() => {
      for (const path of undone) {
        this.#handle.run('DELETE FROM excludes WHERE share_id = ? AND rel_path = ?', shareId, path)
      }
    })
    this.#loadExcludes()
    this.#save()
    return true
  }

  /** True when the path or a folder above it is excluded. */
  isExcluded(shareId: number, relPath: string): boolean {
    const excluded = this.#excludes.get(shareId)
    if (!excluded) return false
    return excluded.has(relPath) || foldersAbove(relPath).some((folder) => excluded.has(folder))
  }

  #loadExcludes(): void {
    this.#excludes = new Map()
    const rows = this.#handle.all<{ share_id: number; rel_path: string }>('SELECT * FROM excludes')
    for (const { share_id: id, rel_path: path } of rows) {
      const paths = this.#excludes.get(id)
      if (paths) paths.add(path)
      else this.#excludes.set(id, new Set([path]))
    }
  }

  #save(): void {
    this.#list.write(
      this.all().map(({ id, path, kind, origin, addedMs }) => ({
        id,
        path,
        kind,
        origin,
        addedMs,
        excludes: [...(this.#excludes.get(id) ?? [])],
      })),
    )
  }
}

function toShare(row: ShareRow): Share {
  return {
    id: row.id,
    path: row.path,
    name: row.name,
    kind: row.kind,
    origin: row.origin,
    addedMs: row.added_ms,
    missing: row.missing === 1,
    rootDev: row.root_dev ?? undefined,
    files: row.files,
    folders: row.folders,
    sizeBytes: row.size_bytes,
  }
}
