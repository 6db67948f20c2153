import type { EntryKey, SharedEntry } from '../content/entry.ts'
import {
  type CatalogueChange,
  type CataloguedFile,
  type Damage,
  type KnownContent,
  type PathKey,
  sameStat,
} from './catalogue-types.ts'
import {
  type EntryRow,
  hasVisibleTwin,
  modifiedOf,
  SELECT_ENTRY,
  statOf,
  toEntry,
  toKey,
} from './entry-rows.ts'
import { ftsText } from './fts.ts'
import type { Handle } from './handle.ts'
import { foldersAbove, publicPath, type ShareRoot, splitRelPath } from './rel-path.ts'

const NO_CHANGE: CatalogueChange = { added: [], removed: [] }

const BY_KEY = `${SELECT_ENTRY} WHERE e.share_id = ? AND e.dir = ? AND e.name = ?`

const INDEX = 'INSERT INTO words (rowid, text) VALUES (?, ?)'

interface Root extends ShareRoot {
  readonly missing: number
}

/** What the files of one transaction have in common. */
interface Batch {
  /** Of the file's share. */
  readonly root: Root
  /** Folders that are marked stale. */
  readonly touched: Set<string>
  /** Takes what had to make way. */
  readonly replaced: EntryRow[]
  /** Words of folders, for the index. */
  readonly texts: Map<string, string>
}

const valuesOf = ({ cid, sha256, stat, totalBytes }: CataloguedFile) =>
  [cid, sha256, stat.size, totalBytes, stat.mtimeMs, stat.ino] as const

/** What others see of a file, as it is once it is written. */
function entryOf({ cid, sha256, relPath, stat }: CataloguedFile, root: ShareRoot): SharedEntry {
  const path = publicPath(root, relPath)
  return {
    ...{ cid, sha256, path, kind: 'file', sizeBytes: stat.size, modifiedMs: modifiedOf(stat.mtimeMs) },
    name: splitRelPath(relPath).name,
  }
}

/** Writes entries. Every method is one transaction and says what it changed for those who search. */
export class EntryWriter {
  readonly #handle: Handle

  constructor(handle: Handle) {
    this.#handle = handle
  }

  /** Adds or replaces files, makes the folders above them known, and marks those stale. Files of a share that is gone are left out. */
  putFiles(files: readonly CataloguedFile[]): CatalogueChange {
    return this.#change(() => {
      const replaced: EntryRow[] = []
      const touched = new Set<string>()
      const texts = new Map<string, string>()
      const roots = new Map<number, Root | undefined>()
      const added: SharedEntry[] = []
      for (const file of files) {
        if (!roots.has(file.shareId)) roots.set(file.shareId, this.#root(file.shareId))
        const root = roots.get(file.shareId)
        if (!root) continue
        this.#putFile(file, { root, touched, replaced, texts })
        if (root.missing === 0) added.push(entryOf(file, root))
      }
      // What had to make way may have been one of these.
      return { added: replaced.length > 0 ? this.#entriesOf(files) : added, removed: this.#gone(replaced) }
    })
  }

  /** Makes folders known, empty ones too; their CIDs come when they are built. */
  ensureFolders(shareId: number, relPaths: readonly string[]): CatalogueChange {
    return this.#change(() => {
      const replaced: EntryRow[] = []
      const touched = new Set<string>()
      for (const relPath of relPaths) {
        const key = { shareId, relPath }
        if (this.#row(key)?.kind === 'folder') continue
        if (this.#root(shareId)?.kind !== 'folder') continue
        this.#touchAbove(key, touched, replaced)
        this.#touchFolder(key, replaced)
      }
      return { added: [], removed: this.#gone(replaced) }
    })
  }

  /** Removes files, and folders with nothing left below them; paths that are not there are no fault. */
  remove(keys: readonly PathKey[]): EntryKey[] {
    return this.#change(() => {
      const byId = new Map<number, EntryRow>()
      for (const row of keys.map((key) => this.#row(key))) if (row) byId.set(row.id, row)
      const rows = [...byId.values()]
      const touched = new Set<string>()
      for (const key of keys) this.#touchAbove(key, touched)
      this.#delete(rows)
      return { added: [], removed: this.#gone(rows) }
    }).removed
  }

  /**
   * Removes a path with all below it, at most `limit` rows a call, so that a big folder can go in slices.
   *
   * @returns what is gone, and whether that was all
   */
  removeTree(key: PathKey, limit: number): { removed: EntryKey[]; done: boolean } {
    let done = true
    const { removed } = this.#change(() => {
      const rows = this.#below(key, limit)
      done = rows.length < limit
      if (done) rows.push(...[this.#row(key)].filter((row) => row !== undefined))
      this.#touchAbove(key, new Set())
      this.#delete(rows)
      return { added: [], removed: this.#gone(rows) }
    })
    return { removed, done }
  }

  /** Adds 1 to the revision: what can be found has changed. */
  bumpRevision(): void {
    this.#handle.run('UPDATE revision SET counter = counter + 1')
  }

  /** Marks one folder stale, so that it is built again. */
  markStale(shareId: number, relPath: string): void {
    const { dir, name } = splitRelPath(relPath)
    const sql = `UPDATE entries SET stale = stale + 1 WHERE share_id = ? AND dir = ? AND name = ? AND kind = 'folder'`
    this.#handle.run(sql, shareId, dir, name)
  }

  /**
   * Notes what is wrong with a file's bytes, or with undefined that nothing is: then it can be found again. Left out when the path has another
   * content or stat by now.
   */
  setDamage({ shareId, relPath, cid, stat }: KnownContent, damage: Damage | undefined): CatalogueChange {
    return this.#change(() => {
      const key = { shareId, relPath }
      const before = this.#row(key)
      const isSame = before?.cid === cid && sameStat(statOf(before), stat)
      if (!isSame || (before.damage === null && !damage)) return NO_CHANGE
      const text = damage ? JSON.stringify(damage) : null
      this.#handle.run('UPDATE entries SET damage = ? WHERE id = ?', text, before.id)
      if ((before.damage === null) === (text === null)) return NO_CHANGE
      this.#touchAbove(key, new Set())
      if (damage) return { added: [], removed: this.#gone([before]) }
      return { added: before.share_missing ? [] : [toEntry(before)], removed: [] }
    })
  }

  #change(work: () => CatalogueChange): CatalogueChange {
    return this.#handle.transaction(() => {
      const change = work()
      if (change.added.length > 0 || change.removed.length > 0) this.bumpRevision()
      return change
    })
  }

  #root(shareId: number): Root | undefined {
    return this.#handle.get<Root>('SELECT path, name, kind, missing FROM shares WHERE id = ?', shareId)
  }

  /** Those of the files that stand there now and can be found. */
  #entriesOf(files: readonly CataloguedFile[]): SharedEntry[] {
    return files
      .map((file) => ({ file, row: this.#row(file) }))
      .filter(({ file, row }) => row && row.cid === file.cid && !row.share_missing)
      .map(({ row }) => toEntry(row!))
  }

  #row({ shareId, relPath }: PathKey): EntryRow | undefined {
    const { dir, name } = splitRelPath(relPath)
    return this.#handle.get<EntryRow>(BY_KEY, shareId, dir, name)
  }

  /** The row at that path if it is of the wanted kind; one of the other kind is removed with all below it. */
  #clear(key: PathKey, kind: 'file' | 'folder', replaced: EntryRow[]): EntryRow | undefined {
    const row = this.#row(key)
    if (!row || row.kind === kind) return row
    const rows = [...this.#below(key, Number.MAX_SAFE_INTEGER), row]
    this.#delete(rows)
    replaced.push(...rows)
    return undefined
  }

  #putFile(file: CataloguedFile, batch: Batch): void {
    const { touched, replaced } = batch
    const { dir } = splitRelPath(file.relPath)
    // One block: its digest is the SHA-256 of the file.
    if (file.digests.length > 32)
      this.#handle.run('INSERT OR IGNORE INTO layouts VALUES (?, ?)', file.cid, file.digests)
    // Most files are new. Where the folders above know of a change already, they are not looked for first.
    if (touched.has(`${file.shareId}:${dir}`) && this.#insertFile(file, batch)) return
    const replacedSoFar = replaced.length
    const before = this.#clear(file, 'file', replaced)
    // A folder that had to go may be one that was touched.
    if (replaced.length > replacedSoFar) touched.clear()
    if (before?.cid !== file.cid || before.damage !== null) this.#touchAbove(file, touched, replaced)
    if (!before) {
      this.#insertFile(file, batch)
      return
    }
    this.#handle.run(
      'UPDATE entries SET cid = ?, sha256 = ?, size_bytes = ?, total_bytes = ?, mtime_ms = ?, ino = ?, damage = NULL WHERE id = ?',
      ...valuesOf(file),
      before.id,
    )
    if (before.cid !== file.cid) replaced.push(before)
  }

  /** False when something has that path. */
  #insertFile(file: CataloguedFile, { root, texts }: Batch): boolean {
    const { dir, name } = splitRelPath(file.relPath)
    const { changes, rowId } = this.#handle.run(
      `INSERT INTO entries (cid, sha256, size_bytes, total_bytes, mtime_ms, ino, share_id, dir, name, kind)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'file') ON CONFLICT (share_id, dir, name) DO NOTHING`,
      ...valuesOf(file),
      file.shareId,
      dir,
      name,
    )
    if (changes === 0) return false
    // The words of a path are those of its folder and those of its name. In a share of one file others see no more than the name.
    const isFolder = root.kind === 'folder'
    const folder = isFolder ? publicPath(root, dir) : ''
    if (!texts.has(folder)) texts.set(folder, ftsText(folder))
    const text = `${texts.get(folder)} ${ftsText(isFolder ? name : root.name)}`.trim()
    this.#handle.run(INDEX, rowId, text)
    return true
  }

  #index(rowId: number, path: string): void {
    this.#handle.run(INDEX, rowId, ftsText(path))
  }

  /**
   * Marks the folders above a path stale, the outermost first.
   *
   * @param touched those that were done in this transaction
   * @param replaced takes what had to make way; left out: folders that are not known are not made known
   */
  #touchAbove({ shareId, relPath }: PathKey, touched: Set<string>, replaced?: EntryRow[]): void {
    for (const folder of foldersAbove(relPath).reverse()) {
      const mark = `${shareId}:${folder}`
      if (touched.has(mark)) continue
      touched.add(mark)
      if (replaced) this.#touchFolder({ shareId, relPath: folder }, replaced)
      else this.markStale(shareId, folder)
    }
  }

  #touchFolder(key: PathKey, replaced: EntryRow[]): void {
    const root = this.#root(key.shareId)
    if (root?.kind !== 'folder') return
    if (this.#clear(key, 'folder', replaced)) {
      this.markStale(key.shareId, key.relPath)
      return
    }
    const { dir, name } = splitRelPath(key.relPath)
    const { rowId } = this.#handle.run(
      `INSERT INTO entries (share_id, dir, name, kind, stale) VALUES (?, ?, ?, 'folder', 1)`,
      key.shareId,
      dir,
      name,
    )
    this.#index(rowId, publicPath(root, key.relPath))
  }

  #below({ shareId, relPath }: PathKey, limit: number): EntryRow[] {
    if (relPath === '') {
      const all = `${SELECT_ENTRY} WHERE e.share_id = ? AND e.dir <> '/' LIMIT ?`
      return this.#handle.all<EntryRow>(all, shareId, limit)
    }
    const direct = `${SELECT_ENTRY} WHERE e.share_id = ? AND e.dir = ? LIMIT ?`
    const rows = this.#handle.all<EntryRow>(direct, shareId, relPath, limit)
    // '0' is the character after '/': the range holds all that begins with the folder and a slash.
    const deeper = `${SELECT_ENTRY} WHERE e.share_id = ? AND e.dir > ? AND e.dir < ? LIMIT ?`
    const rest = this.#handle.all<EntryRow>(
      deeper,
      shareId,
      `${relPath}/`,
      `${relPath}0`,
      limit - rows.length,
    )
    return [...rows, ...rest]
  }

  #delete(rows: readonly EntryRow[]): void {
    for (const { id } of rows) this.#handle.run('DELETE FROM entries WHERE id = ?', id)
  }

  /** Keys that were found before and are not any more. */
  #gone(rows: readonly EntryRow[]): EntryKey[] {
    return rows
      .filter((row) => row.cid !== null && row.damage === null && row.share_missing === 0)
      .filter((row) => !hasVisibleTwin(this.#handle, row))
      .map(toKey)
  }
}
