import type { EntryKey, EntryKind, SharedEntry } from '../content/entry.ts'
import type { Handle } from './handle.ts'
import { absolutePath, joinRelPath, publicPath, type ShareRoot } from './rel-path.ts'

/** A row of `entries` with the root of its share: what is needed to say how others see it. */
export interface EntryRow {
  id: number
  share_id: number
  share_path: string
  share_name: string
  share_kind: EntryKind
  share_missing: number
  dir: string
  name: string
  kind: EntryKind
  cid: string | null
  sha256: string | null
  size_bytes: number
  mtime_ms: number
  ino: number
  damage: string | null
}

/** Columns and tables of an {@link EntryRow}; a WHERE goes behind. */
export const SELECT_ENTRY = `SELECT e.id, e.share_id, s.path AS share_path, s.name AS share_name, s.kind AS share_kind, s.missing AS share_missing,
  e.dir, e.name, e.kind, e.cid, e.sha256, e.size_bytes, e.mtime_ms, e.ino, e.damage
  FROM entries e JOIN shares s ON s.id = e.share_id`

/** Only what may be found: folders once they are built, no damaged file, nothing of a share whose root is away. */
export const VISIBLE = 'e.cid IS NOT NULL AND e.damage IS NULL AND s.missing = 0'

export const rootOf = (row: EntryRow): ShareRoot => ({
  path: row.share_path,
  name: row.share_name,
  kind: row.share_kind,
})

const relPathOf = (row: EntryRow): string => joinRelPath(row.dir, row.name)

/** Times before 1970 exist on disks and cannot be told; the wire has whole milliseconds. */
export const modifiedOf = (mtimeMs: number): number => Math.max(0, Math.floor(mtimeMs))

/** For rows with a CID. */
export function toEntry(row: EntryRow): SharedEntry {
  return {
    cid: row.cid!,
    sha256: row.sha256 ?? undefined,
    name: row.name === '' ? row.share_name : row.name,
    path: publicPath(rootOf(row), relPathOf(row)),
    sizeBytes: row.size_bytes,
    kind: row.kind,
    modifiedMs: modifiedOf(row.mtime_ms),
  }
}

/** For rows with a CID. */
export const toKey = (row: EntryRow): EntryKey => ({
  cid: row.cid!,
  path: publicPath(rootOf(row), relPathOf(row)),
})

export const absPathOf = (row: EntryRow): string => absolutePath(rootOf(row), relPathOf(row))

/** Of the file when it was hashed. */
export const statOf = (row: EntryRow) => ({ size: row.size_bytes, mtimeMs: row.mtime_ms, ino: row.ino })

/**
 * True while others can find the same content at a path that looks the same to them: two shares may have roots of the same name, and this one
 * being withdrawn would take the other with it.
 */
export function hasVisibleTwin(handle: Handle, row: EntryRow): boolean {
  const sql = `SELECT 1 FROM shares s JOIN entries e ON e.share_id = s.id AND e.dir = ? AND e.name = ?
    WHERE s.name = ? AND s.kind = ? AND e.cid = ? AND e.id <> ? AND ${VISIBLE} LIMIT 1`
  return handle.get(sql, row.dir, row.name, row.share_name, row.share_kind, row.cid, row.id) !== undefined
}
