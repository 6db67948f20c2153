import type { DatabaseSync } from 'node:sqlite'
import { cidToBytes } from '../content/cid.ts'
import type { EntryKey, SharedEntry } from '../content/entry.ts'
import { transaction } from '../storage/database.ts'
import { ftsText } from '../storage/fts.ts'
import { entryColumns, key64 } from './entry-key.ts'
import type { ShelfState } from './records.ts'

/** What a shelf says of itself after a change; it goes into the same transaction. */
export interface ShelfMark {
  readonly complete: boolean
  readonly revision: string
}

export interface PutRequest {
  readonly shelf: number
  readonly entries: readonly SharedEntry[]
  readonly mark: ShelfMark
  /** Entries that the shelf may hold in the end. */
  readonly maxEntries: number
}

export interface PutResult {
  /** Entries of the batch that now stand on the shelf. */
  readonly stored: number
  /** Entries left out because the shelf is full. */
  readonly overflow: number
  readonly shelf: ShelfState
}

export interface RemoveRequest {
  readonly shelf: number
  readonly keys: readonly EntryKey[]
  readonly mark: ShelfMark
}

/** Fills and empties shelves. Each call is one transaction. */
export class EntryWriter {
  readonly #db: DatabaseSync
  readonly #sql: ReturnType<typeof prepare>

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#sql = prepare(db)
  }

  /** Puts a batch of valid entries on a shelf. An entry under a path that the shelf has for the same CID takes its place. */
  put({ shelf, entries, mark, maxEntries }: PutRequest): PutResult {
    return transaction(this.#db, () => {
      let count = this.#count(shelf)
      let stored = 0
      for (const entry of entries) {
        const { id, others } = this.#describe(entry)
        for (const other of others) count -= this.#unhold(other, shelf)
        if (count >= maxEntries && !this.#sql.holds.get(id, shelf)) {
          this.#dropIfOrphan(id)
          continue
        }
        const isNew = this.#sql.hold.run(id, shelf, entry.modifiedMs).changes
        if (isNew) count++
        else this.#sql.touch.run(entry.modifiedMs, id, shelf)
        stored++
      }
      const state = this.#mark(shelf, count, mark)
      return { stored, overflow: entries.length - stored, shelf: state }
    })
  }

  /** Takes entries off a shelf, and forgets descriptions that nobody gives any more. */
  remove({ shelf, keys, mark }: RemoveRequest): { removed: number; shelf: ShelfState } {
    return transaction(this.#db, () => {
      let removed = 0
      for (const { cid, path } of keys) {
        for (const { id } of this.#sql.variants.all(cidToBytes(cid), key64(path), 0) as { id: number }[]) {
          removed += this.#unhold(id, shelf)
        }
      }
      return { removed, shelf: this.#mark(shelf, this.#count(shelf) - removed, mark) }
    })
  }

  /** Clears up to `limit` entries of a shelf that no peer shows. @returns true when nothing is left of it */
  clear(shelf: number, limit: number): boolean {
    return transaction(this.#db, () => {
      const rows = this.#sql.onShelf.all(shelf, limit) as { entry: number }[]
      for (const { entry } of rows) this.#unhold(entry, shelf)
      if (rows.length === limit) return false
      this.#sql.dropShelf.run(shelf)
      return true
    })
  }

  #describe(entry: SharedEntry): { id: number; others: number[] } {
    const { cid, pathKey, variantKey, kind, sha256 } = entryColumns(entry)
    let id: number | undefined
    const others: number[] = []
    for (const row of this.#sql.variants.all(cid, pathKey, variantKey) as { id: number; same: number }[]) {
      if (row.same) id = row.id
      else others.push(row.id)
    }
    if (id === undefined) {
      const { sizeBytes, path } = entry
      const row = this.#sql.describe.run(cid, pathKey, variantKey, kind, sizeBytes, sha256 ?? null, path)
      id = Number(row.lastInsertRowid)
      this.#sql.addWords.run(id, ftsText(path))
    }
    return { id, others }
  }

  #unhold(entry: number, shelf: number): number {
    const removed = Number(this.#sql.unhold.run(entry, shelf).changes)
    if (removed > 0) this.#dropIfOrphan(entry)
    return removed
  }

  #dropIfOrphan(entry: number): void {
    if (this.#sql.held.get(entry)) return
    this.#sql.dropWords.run(entry)
    this.#sql.dropEntry.run(entry)
  }

  #count(shelf: number): number {
    return (this.#sql.count.get(shelf) as { entries: number }).entries
  }

  #mark(shelf: number, entries: number, { complete, revision }: ShelfMark): ShelfState {
    this.#sql.mark.run(entries, complete ? 1 : 0, revision, shelf)
    return { id: shelf, entries, complete, revision }
  }
}

function prepare(db: DatabaseSync) {
  return {
    variants: db.prepare('SELECT id, variant_key = ?3 AS same FROM entries WHERE cid = ?1 AND path_key = ?2'),
    describe: db.prepare(
      `INSERT INTO entries (cid, path_key, variant_key, kind, size_bytes, sha256, path) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ),
    addWords: db.prepare('INSERT INTO words (rowid, text) VALUES (?, ?)'),
    dropWords: db.prepare('DELETE FROM words WHERE rowid = ?'),
    dropEntry: db.prepare('DELETE FROM entries WHERE id = ?'),
    holds: db.prepare('SELECT 1 FROM holdings WHERE entry = ? AND shelf = ?'),
    hold: db.prepare('INSERT OR IGNORE INTO holdings (entry, shelf, modified_ms) VALUES (?, ?, ?)'),
    touch: db.prepare(
      'UPDATE holdings SET modified_ms = ?1 WHERE entry = ?2 AND shelf = ?3 AND modified_ms <> ?1',
    ),
    unhold: db.prepare('DELETE FROM holdings WHERE entry = ? AND shelf = ?'),
    held: db.prepare('SELECT 1 FROM holdings WHERE entry = ? LIMIT 1'),
    onShelf: db.prepare('SELECT entry FROM holdings WHERE shelf = ? LIMIT ?'),
    count: db.prepare('SELECT entries FROM shelves WHERE id = ?'),
    mark: db.prepare('UPDATE shelves SET entries = ?, complete = ?, revision = ? WHERE id = ?'),
    dropShelf: db.prepare('DELETE FROM shelves WHERE id = ?'),
  }
}
