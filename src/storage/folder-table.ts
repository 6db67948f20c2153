import type { CatalogueChange, CataloguedFolder, Child, KnownFile, StaleFolder } from './catalogue-types.ts'
import { type EntryRow, SELECT_ENTRY, toEntry, toKey } from './entry-rows.ts'
import type { EntryWriter } from './entry-writer.ts'
import type { Handle } from './handle.ts'
import { joinRelPath, splitRelPath } from './rel-path.ts'

/** Rows read in one step, so that a folder of 100,000 files never holds up the process. */
const STEP = 1000

/** Depth of a folder's row, see catalogue-schema.ts for `dir`. */
const DEPTH = `CASE dir WHEN '/' THEN 0 WHEN '' THEN 1 ELSE 2 + length(dir) - length(replace(dir, '/', '')) END`

type ChildRow = Omit<Child, 'cid' | 'isDamaged'> & { cid: string | null; isDamaged: number }

const toChild = (row: ChildRow): Child => ({
  ...row,
  cid: row.cid ?? undefined,
  isDamaged: row.isDamaged === 1,
})

/** What scans and folder builds read and write: the tree of one share. */
export class FolderTable {
  readonly #handle: Handle
  readonly #writer: EntryWriter

  constructor(handle: Handle, writer: EntryWriter) {
    this.#handle = handle
    this.#writer = writer
  }

  /** Rows directly in a folder by name, in steps. Rows that are written meanwhile may or may not be among them. */
  *children(shareId: number, relPath: string): Generator<Child[]> {
    const sql = `SELECT name, kind, cid, size_bytes AS size, total_bytes AS totalBytes, mtime_ms AS mtimeMs, ino,
      damage IS NOT NULL AS isDamaged FROM entries WHERE share_id = ? AND dir = ? AND name > ? ORDER BY name LIMIT ${STEP}`
    for (let after = ''; ; ) {
      const rows = this.#handle.all<ChildRow>(sql, shareId, relPath, after)
      if (rows.length > 0) yield rows.map(toChild)
      if (rows.length < STEP) return
      after = rows.at(-1)!.name
    }
  }

  /** One row. */
  child(shareId: number, relPath: string): Child | undefined {
    const { dir, name } = splitRelPath(relPath)
    const sql = `SELECT name, kind, cid, size_bytes AS size, total_bytes AS totalBytes, mtime_ms AS mtimeMs, ino,
      damage IS NOT NULL AS isDamaged FROM entries WHERE share_id = ? AND dir = ? AND name = ?`
    const row = this.#handle.get<ChildRow>(sql, shareId, dir, name)
    return row && toChild(row)
  }

  /** All files of a share with what a scan compares. */
  *files(shareId: number): Generator<KnownFile> {
    const sql = `SELECT dir, name, cid, size_bytes AS size, mtime_ms AS mtimeMs, ino FROM entries
      WHERE share_id = ? AND kind = 'file' AND (dir, name) > (?, ?) ORDER BY dir, name LIMIT ${STEP}`
    type Row = { dir: string; name: string; cid: string; size: number; mtimeMs: number; ino: number }
    for (let dir = '', name = ''; ; ) {
      const rows = this.#handle.all<Row>(sql, shareId, dir, name)
      for (const row of rows) {
        const { cid, size, mtimeMs, ino } = row
        yield { relPath: joinRelPath(row.dir, row.name), cid, size, mtimeMs, ino }
      }
      if (rows.length < STEP) return
      const last = rows.at(-1)!
      dir = last.dir
      name = last.name
    }
  }

  /** Folders whose CID is not right, the deepest first. */
  stale(shareId: number, limit: number): StaleFolder[] {
    const sql = `SELECT dir, name, stale FROM entries WHERE share_id = ? AND stale > 0 ORDER BY ${DEPTH} DESC LIMIT ?`
    return this.#handle
      .all<{ dir: string; name: string; stale: number }>(sql, shareId, limit)
      .map(({ dir, name, stale }) => ({ relPath: joinRelPath(dir, name), stale }))
  }

  /**
   * Stores what was built, and marks the folder above stale when the CID is another one than before. A folder that changed while it was
   * built stays stale; one that is gone is left out.
   */
  put(folder: CataloguedFolder): CatalogueChange {
    const none = { added: [], removed: [] }
    return this.#handle.transaction(() => {
      const { dir, name } = splitRelPath(folder.relPath)
      const select = `${SELECT_ENTRY} WHERE e.share_id = ? AND e.dir = ? AND e.name = ? AND e.kind = 'folder'`
      const before = this.#handle.get<EntryRow>(select, folder.shareId, dir, name)
      if (!before) return none
      this.#handle.run(
        `UPDATE entries SET cid = ?, total_bytes = ?, size_bytes = ?, mtime_ms = ?,
         stale = CASE stale WHEN ? THEN 0 ELSE stale END WHERE id = ?`,
        folder.cid,
        folder.totalBytes,
        folder.sizeBytes,
        folder.modifiedMs,
        folder.stale,
        before.id,
      )
      if (before.cid === folder.cid) return none
      this.#handle.run('DELETE FROM nodes WHERE folder_id = ?', before.id)
      for (const [cid, bytes] of folder.nodes) {
        this.#handle.run('INSERT INTO nodes VALUES (?, ?, ?)', before.id, cid, bytes)
      }
      if (folder.relPath !== '') this.#writer.markStale(folder.shareId, dir)
      if (before.share_missing) return none
      this.#writer.bumpRevision()
      const after = this.#handle.get<EntryRow>(select, folder.shareId, dir, name)!
      return { added: [toEntry(after)], removed: before.cid === null ? [] : [toKey(before)] }
    })
  }

  /** A dag-pb node of any folder. */
  node(cid: string): Uint8Array | undefined {
    return this.#handle.get<{ bytes: Uint8Array }>('SELECT bytes FROM nodes WHERE cid = ? LIMIT 1', cid)
      ?.bytes
  }
}
