import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../base/clock.ts'
import { systemClock } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { setAside } from './set-aside.ts'
import { isDamage, toStorageError } from './sqlite-error.ts'

/** "Shoa" as a big-endian integer: tells a database of Shoal from any other (SQLite's `application_id`). */
const APPLICATION_ID = 0x53686f61

/** How long a statement waits for a lock that another process holds, ms. */
const BUSY_TIMEOUT_MS = 5000

export interface OpenOptions {
  readonly path: string
  /**
   * SQL scripts, oldest first. Number n brings a database of schema version n to n + 1. A script that was released is never
   * edited: append another.
   */
  readonly migrations: readonly string[]
  readonly log: Logger
  /**
   * NORMAL: a commit survives the death of the process; a power cut may take the last ones, never the consistency. FULL: every
   * commit is fsynced. https://sqlite.org/pragma.html#pragma_synchronous
   */
  readonly synchronous?: 'NORMAL' | 'FULL'
  /** Dates the name of a damaged file. */
  readonly clock?: Clock
}

export interface OpenedDatabase {
  readonly db: DatabaseSync
  /** True when the database has just been made, for the first time or in place of a damaged one. */
  readonly fresh: boolean
  /** Where the damaged file lies that stood here before; undefined when there was none. */
  readonly setAside: string | undefined
}

/**
 * Opens a SQLite database in WAL mode and brings its schema up to date; see {@link openOrRebuild}, which also tells what
 * happened. Use it where losing the content of a damaged file needs no answer beyond the log.
 */
export function openDatabase(path: string, migrations: readonly string[], log: Logger): DatabaseSync {
  return openOrRebuild({ path, migrations, log }).db
}

/**
 * Opens a SQLite database in WAL mode and brings its schema up to date. A damaged file (no database, truncated, or one that
 * fails `quick_check`) is set aside with its -wal and -shm as `NAME.damaged-TIMESTAMP`, and an empty one takes its place.
 *
 * @throws ShoalError CONFLICT when the file was written by a newer version of the program or belongs to another one: it is
 *   then left untouched; BUSY when another process holds it; IO, PERMISSION_DENIED or NO_SPACE
 */
export function openOrRebuild(options: OpenOptions): OpenedDatabase {
  const { path, log } = options
  try {
    return { ...tryOpen(options), setAside: undefined }
  } catch (error) {
    if (!isDamage(error)) throw toStorageError(error, path)
    const aside = setAside(path, (options.clock ?? systemClock).now())
    log.error(
      { path, setAside: aside, err: error },
      'database is damaged: set aside, starting with an empty one',
    )
    try {
      return { ...tryOpen(options), setAside: aside }
    } catch (again) {
      throw toStorageError(again, path)
    }
  }
}

/** Runs `work` in one write transaction; when it throws, nothing of it is kept. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    // SQLite itself rolls back on some errors (disk full, out of memory).
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

function tryOpen(options: OpenOptions): { db: DatabaseSync; fresh: boolean } {
  const { path, migrations, synchronous = 'NORMAL' } = options
  const existed = existsSync(path)
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true })
  try {
    refuseForeign(db, path, migrations.length)
    if (existed) check(db)
    // The journal grows to 64 MiB at most and is cut back after a big transaction.
    db.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA journal_size_limit = 67108864;
       PRAGMA temp_store = MEMORY`,
    )
    return { db, fresh: migrate(db, migrations) }
  } catch (error) {
    db.close()
    throw error
  }
}

/** Only what is surely ours and not from the future may be changed, or set aside. */
function refuseForeign(db: DatabaseSync, path: string, newest: number): void {
  const id = pragma(db, 'application_id')
  const version = pragma(db, 'user_version')
  const tables = (db.prepare('SELECT count(*) AS n FROM sqlite_schema').get() as { n: number }).n
  if (id !== APPLICATION_ID && tables > 0) {
    throw new ShoalError(
      'CONFLICT',
      `${path} is a database of another program. Move it away, then start again.`,
    )
  }
  if (version > newest) {
    throw new ShoalError(
      'CONFLICT',
      `${path} was written by a newer version of Shoal (schema ${version}, this version knows ${newest}). Update Shoal.`,
    )
  }
}

function check(db: DatabaseSync): void {
  const [row] = db.prepare('PRAGMA quick_check(1)').all() as { quick_check: string }[]
  if (row?.quick_check !== 'ok') throw new DamagedDatabase(row?.quick_check ?? 'no answer')
}

/** @returns true when the database was empty before */
function migrate(db: DatabaseSync, migrations: readonly string[]): boolean {
  const from = pragma(db, 'user_version')
  for (let version = from; version < migrations.length; version++) {
    transaction(db, () => {
      db.exec(migrations[version]!)
      db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version + 1}`)
    })
  }
  return from === 0
}

const pragma = (db: DatabaseSync, name: string): number =>
  (db.prepare(`PRAGMA ${name}`).get() as Record<string, number>)[name]!

/** `quick_check` found something; has SQLite's own number for it. https://sqlite.org/rescode.html#corrupt */
class DamagedDatabase extends Error {
  readonly errcode = 11
}
