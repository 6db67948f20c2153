import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { systemClock } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import { Emitter } from '../base/events.ts'
import { type OpenedDatabase, type OpenOptions, openOrRebuild, transaction } from './database.ts'
import { setAside } from './set-aside.ts'
import { isDamage, primaryCode, toStorageError } from './sqlite-error.ts'

/**
 * An open database with prepared statements that heals itself: when SQLite finds damage while it works, the file is set aside, an
 * empty one takes its place, {@link rebuilt} is emitted, and the call that met the damage throws IO.
 *
 * SQL texts are constants of the program, so the cache of statements is bounded by them.
 */
export class Handle {
  /** The database has been replaced by an empty one while open. */
  readonly rebuilt = new Emitter<void>()
  readonly #options: OpenOptions
  #opened: OpenedDatabase
  #statements = new Map<string, StatementSync>()
  #closed = false

  /** Errors as {@link openOrRebuild}. */
  constructor(options: OpenOptions) {
    this.#options = options
    this.#opened = openOrRebuild(options)
  }

  get path(): string {
    return this.#options.path
  }

  /** True when the database was made in this run. */
  get fresh(): boolean {
    return this.#opened.fresh
  }

  /** True when a damaged database was replaced. */
  get replacedDamaged(): boolean {
    return this.#opened.setAside !== undefined
  }

  /** All rows. */
  all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#guard(() => this.#statement(sql).all(...values) as Row[])
  }

  /** The first row. */
  get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#guard(() => this.#statement(sql).get(...values) as Row | undefined)
  }

  /** @returns rows changed, and the row id of the last insert */
  run(sql: string, ...values: SQLInputValue[]): { changes: number; rowId: number } {
    return this.#guard(() => {
      const { changes, lastInsertRowid } = this.#statement(sql).run(...values)
      return { changes: Number(changes), rowId: Number(lastInsertRowid) }
    })
  }

  /** Runs `work` in one transaction, or as part of the one that is open already. */
  transaction<T>(work: () => T): T {
    if (this.#db.isTransaction) return work()
    return this.#guard(() => transaction(this.#db, work))
  }

  /** Closes the file; later calls throw. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#statements.clear()
    this.#db.close()
  }

  get #db(): DatabaseSync {
    return this.#opened.db
  }

  #statement(sql: string): StatementSync {
    if (this.#closed) throw new ShoalError('CONFLICT', `${this.path} is closed.`)
    let statement = this.#statements.get(sql)
    if (!statement) {
      statement = this.#db.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  #guard<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      // Inside a transaction the raw error goes up to where that began, which rolls back first.
      if (!this.#closed && this.#db.isTransaction) throw error
      if (primaryCode(error) === undefined) throw error
      if (isDamage(error)) this.#heal(error)
      throw toStorageError(error, this.path)
    }
  }

  #heal(error: unknown): void {
    const { path, log, clock = systemClock } = this.#options
    this.#statements.clear()
    this.#db.close()
    const aside = setAside(path, clock.now())
    log.error(
      { path, setAside: aside, err: error },
      'database is damaged: set aside, going on with an empty one',
    )
    this.#opened = { ...openOrRebuild(this.#options), setAside: aside }
    this.rebuilt.emit()
  }
}
