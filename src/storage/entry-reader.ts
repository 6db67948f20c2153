import { BLOCK_SIZE } from '../content/cid.ts'
import type { EntryKey, EntryKind, SharedEntry } from '../content/entry.ts'
import type { FileLayout } from '../content/manifest.ts'
import type {
  CatalogueQuery,
  FilePlace,
  FileStat,
  ListOptions,
  ListPage,
  Located,
  PathKey,
} from './catalogue-types.ts'
import {
  absPathOf,
  type EntryRow,
  hasVisibleTwin,
  SELECT_ENTRY,
  statOf,
  toEntry,
  toKey,
  VISIBLE,
} from './entry-rows.ts'
import { ftsQuery } from './fts.ts'
import type { Handle } from './handle.ts'
import { decodeCursor, encodeCursor } from './list-cursor.ts'
import { rankEntries } from './rank.ts'
import { absolutePath, joinRelPath, splitRelPath } from './rel-path.ts'

/** Most entries in one batch of {@link EntryReader.batches}. */
export const MAX_BATCH = 1000

/** Most paths of one CID that are given. */
const MAX_PATHS = 16

/** Rows a search looks at in one step, and at most: thousands of copies of one file must not make it slow. */
const SEARCH_STEP = 500
const MAX_SEARCH_ROWS = 20_000

/** Matches among which the best are chosen, when fewer are wanted. */
const RANKED = 500

interface Filter {
  readonly sql: string
  readonly value: string
}

/** Values of a list by their places in it, with a file that has each. */
const PLACES = `SELECT j.key AS at, s.path, s.kind, e.dir, e.name, e.size_bytes AS size, e.mtime_ms AS mtimeMs, e.ino
  FROM json_each(?) j
  CROSS JOIN entries e ON e.id = (
    SELECT f.id FROM entries f JOIN shares o ON o.id = f.share_id
    WHERE f.sha256 = j.value AND f.size_bytes <= ${BLOCK_SIZE} AND f.cid IS NOT NULL AND f.damage IS NULL AND o.missing = 0
    ORDER BY f.id LIMIT 1)
  CROSS JOIN shares s ON s.id = e.share_id`

interface PlaceRow extends FileStat {
  at: number
  path: string
  kind: EntryKind
  dir: string
  name: string
}

/** Reads entries. Nothing here holds a cursor open between calls. */
export class EntryReader {
  readonly #handle: Handle

  constructor(handle: Handle) {
    this.#handle = handle
  }

  /** Any one entry of that CID. */
  entry(cid: string): SharedEntry | undefined {
    const row = this.#handle.get<EntryRow>(`${SELECT_ENTRY} WHERE e.cid = ? AND ${VISIBLE} LIMIT 1`, cid)
    return row && toEntry(row)
  }

  /** The entry at one path of a share. */
  entryAt({ shareId, relPath }: PathKey): SharedEntry | undefined {
    const { dir, name } = splitRelPath(relPath)
    const sql = `${SELECT_ENTRY} WHERE e.share_id = ? AND e.dir = ? AND e.name = ? AND ${VISIBLE}`
    const row = this.#handle.get<EntryRow>(sql, shareId, dir, name)
    return row && toEntry(row)
  }

  /** Paths that have a CID, visible or not. */
  pathsOf(cid: string, limit: number): PathKey[] {
    return this.#handle
      .all<EntryRow>(`${SELECT_ENTRY} WHERE e.cid = ? LIMIT ?`, cid, limit)
      .map((row) => ({ shareId: row.share_id, relPath: joinRelPath(row.dir, row.name) }))
  }

  /** Where a CID lies on disk. Whether it still does is for the caller to see. */
  find(cid: string): Located | undefined {
    const sql = `${SELECT_ENTRY} WHERE e.cid = ? AND ${VISIBLE} ORDER BY e.id LIMIT ${MAX_PATHS}`
    const [first, ...more] = this.#handle.all<EntryRow>(sql, cid)
    if (!first) return undefined
    return {
      entry: toEntry(first),
      absPath: absPathOf(first),
      layout: this.#layout(first),
      stat: statOf(first),
      others: more.map((row) => ({ absPath: absPathOf(row), stat: statOf(row) })),
    }
  }

  /**
   * Where files of one block lie on disk: for each SHA-256, hex, the first place, or undefined. One statement for all: asking {@link find} for each takes
   * seven times as long.
   */
  placesOf(sha256s: readonly string[]): (FilePlace | undefined)[] {
    const found: (FilePlace | undefined)[] = sha256s.map(() => undefined)
    const rows = this.#handle.all<PlaceRow>(PLACES, JSON.stringify(sha256s))
    for (const { at, path, kind, dir, name, size, mtimeMs, ino } of rows) {
      const absPath = absolutePath({ path, kind, name }, joinRelPath(dir, name))
      found[at] = { absPath, stat: { size, mtimeMs, ino } }
    }
    return found
  }

  /** Entries of at most `limit` different CIDs that fit the query, best first; nothing when the query asks for nothing. */
  search({ words, sha256, cid, limit }: CatalogueQuery): SharedEntry[] {
    const match = words === undefined ? undefined : ftsQuery(words)
    // Words without a letter or digit in them match nothing, rather than everything.
    if (words !== undefined && match === undefined) return []
    const filters = [
      ...(match === undefined ? [] : [{ sql: 'w.words MATCH ?', value: match }]),
      ...(cid === undefined ? [] : [{ sql: 'e.cid = ?', value: cid }]),
      ...(sha256 === undefined ? [] : [{ sql: 'e.sha256 = ?', value: sha256.toLowerCase() }]),
    ]
    if (filters.length === 0) return []
    const found = this.#matching(filters, Math.max(limit, RANKED), match !== undefined)
    return (words === undefined ? found : rankEntries(found, words)).slice(0, limit)
  }

  /** The first entries that pass all filters, one a CID. */
  #matching(filters: readonly Filter[], limit: number, byWords: boolean): SharedEntry[] {
    const found = new Map<string, SharedEntry>()
    // By the row id of the full-text index, where there is one: SQLite then walks it in order and stops at the limit.
    const id = byWords ? 'w.rowid' : 'e.id'
    const sql = `${SELECT_ENTRY} ${byWords ? 'JOIN words w ON w.rowid = e.id' : ''}
      WHERE ${filters.map((filter) => filter.sql).join(' AND ')} AND ${VISIBLE} AND ${id} > ?
      ORDER BY ${id} LIMIT ${SEARCH_STEP}`
    const values = filters.map((filter) => filter.value)
    let after = 0
    for (let seen = 0; found.size < limit && seen < MAX_SEARCH_ROWS; seen += SEARCH_STEP) {
      const rows = this.#handle.all<EntryRow>(sql, ...values, after)
      for (const row of rows) {
        if (found.size < limit && !found.has(row.cid!)) found.set(row.cid!, toEntry(row))
      }
      if (rows.length < SEARCH_STEP) break
      after = rows.at(-1)!.id
    }
    return [...found.values()]
  }

  /** All paths by share and path, in pages. INVALID_ARGUMENT for a cursor that is none. */
  list({ limit, cursor, folders = false, cid, words }: ListOptions): ListPage {
    const after = decodeCursor(cursor)
    const match = words === undefined ? undefined : ftsQuery(words)
    // Words without a letter or digit in them match nothing, as in a search.
    if (words !== undefined && match === undefined) return { entries: [] }
    const kind = folders ? '' : `AND e.kind = 'file'`
    const only = cid === undefined ? '' : 'AND e.cid = ?'
    const named = match === undefined ? '' : 'AND e.id IN (SELECT w.rowid FROM words w WHERE w.words MATCH ?)'
    const sql = `${SELECT_ENTRY} WHERE (e.share_id, e.dir, e.name) > (?, ?, ?) AND ${VISIBLE} ${kind} ${only} ${named}
      ORDER BY e.share_id, e.dir, e.name LIMIT ?`
    const filter = [cid, match].filter((value) => value !== undefined)
    const rows = this.#handle.all<EntryRow>(sql, after.shareId, after.dir, after.name, ...filter, limit)
    const entries = rows.map((row) => ({ ...toEntry(row), absPath: absPathOf(row) }))
    const last = rows.at(-1)
    if (!last || rows.length < limit) return { entries }
    return { entries, cursor: encodeCursor({ shareId: last.share_id, dir: last.dir, name: last.name }) }
  }

  /** Everything that may be found, in batches; each batch is read when it is asked for. */
  *batches(): Generator<SharedEntry[]> {
    const sql = `${SELECT_ENTRY} WHERE e.id > ? AND ${VISIBLE} ORDER BY e.id LIMIT ${MAX_BATCH}`
    for (let after = 0; ; ) {
      const rows = this.#handle.all<EntryRow>(sql, after)
      if (rows.length > 0) yield rows.map(toEntry)
      if (rows.length < MAX_BATCH) return
      after = rows.at(-1)!.id
    }
  }

  /**
   * Everything in one share in batches, whether its root is there or not. `keys` leaves out what another share still shows at a path that
   * looks the same.
   */
  *batchesOfShare(shareId: number): Generator<{ entries: SharedEntry[]; keys: EntryKey[] }> {
    const sql = `${SELECT_ENTRY} WHERE e.share_id = ? AND e.cid IS NOT NULL AND e.damage IS NULL AND (e.dir, e.name) > (?, ?)
      ORDER BY e.dir, e.name LIMIT ${MAX_BATCH}`
    for (let dir = '', name = ''; ; ) {
      const rows = this.#handle.all<EntryRow>(sql, shareId, dir, name)
      const keys = rows.filter((row) => !hasVisibleTwin(this.#handle, row)).map(toKey)
      if (rows.length > 0) yield { entries: rows.map(toEntry), keys }
      if (rows.length < MAX_BATCH) return
      const last = rows.at(-1)!
      dir = last.dir
      name = last.name
    }
  }

  /** Each path counted; of shares whose root is there. Damaged files are counted apart. */
  totals(): { files: number; folders: number; sizeBytes: number; damaged: number } {
    const sql = `SELECT coalesce(sum(files), 0) AS files, coalesce(sum(folders), 0) AS folders,
      coalesce(sum(size_bytes), 0) AS sizeBytes FROM shares WHERE missing = 0`
    const all = this.#handle.get<{ files: number; folders: number; sizeBytes: number }>(sql)!
    const damagedSql = `SELECT count(*) AS files, coalesce(sum(e.size_bytes), 0) AS sizeBytes
      FROM entries e JOIN shares s ON s.id = e.share_id WHERE e.damage IS NOT NULL AND s.missing = 0`
    const damaged = this.#handle.get<{ files: number; sizeBytes: number }>(damagedSql)!
    return {
      files: all.files - damaged.files,
      folders: all.folders,
      sizeBytes: all.sizeBytes - damaged.sizeBytes,
      damaged: damaged.files,
    }
  }

  /** Changes whenever what can be found does; of this database alone, at most 40 bytes. */
  revision(): string {
    const row = this.#handle.get<{ store: string; counter: number }>('SELECT store, counter FROM revision')!
    return `${row.store}-${row.counter}`
  }

  #layout(row: EntryRow): FileLayout | undefined {
    if (row.kind !== 'file') return undefined
    const stored = this.#handle.get<{ digests: Uint8Array }>(
      'SELECT digests FROM layouts WHERE cid = ?',
      row.cid,
    )
    return {
      cid: row.cid!,
      sizeBytes: row.size_bytes,
      digests: stored?.digests ?? Uint8Array.from(Buffer.from(row.sha256!, 'hex')),
    }
  }
}
