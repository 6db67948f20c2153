import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { type Random, randomInt, shuffled } from '../base/random.ts'

/** Holdings of a CID read at once; nearly all have fewer, and one query is enough for them. */
const PAGE = 100

/** Holdings of one CID that are looked at for live ones, and descriptions of it. Bounds the cost of a file that everybody has or had. */
const MAX_HOLDINGS = 2000
const MAX_VARIANTS = 64

export interface Holding {
  readonly entry: number
  readonly shelf: number
  readonly modifiedMs: number
}

export interface HolderOptions {
  readonly limit: number
  readonly random: Random
}

/**
 * Who holds a CID, among the live shelves. Where there are more than wanted, reading begins at a random shelf, so that askers are
 * spread over the holders without reading all of them.
 */
export class Holders {
  readonly #live: ReadonlySet<number>
  readonly #ofCid: StatementSync
  readonly #ofEntry: StatementSync
  readonly #lastShelf: StatementSync
  readonly #variants: StatementSync

  constructor(db: DatabaseSync, live: ReadonlySet<number>) {
    this.#live = live
    this.#ofCid = arrays(
      db,
      // CROSS JOIN: first the CID, then its holdings. https://sqlite.org/optoverview.html#crossjoin
      `SELECT h.entry, h.shelf, h.modified_ms FROM entries e CROSS JOIN holdings h ON h.entry = e.id
       WHERE e.cid = ? LIMIT ${PAGE}`,
    )
    this.#ofEntry = arrays(
      db,
      `SELECT entry, shelf, modified_ms FROM holdings WHERE entry = ? AND shelf > ? ORDER BY shelf LIMIT ${PAGE}`,
    )
    this.#lastShelf = db.prepare('SELECT max(shelf) AS last FROM holdings WHERE entry = ?')
    this.#variants = db.prepare(`SELECT id FROM entries WHERE cid = ? LIMIT ${MAX_VARIANTS}`)
  }

  /** Live holdings of a CID under any description, in random order, one for each shelf. */
  ofCid(cid: Uint8Array, options: HolderOptions): Holding[] {
    const rows = this.#ofCid.all(cid) as unknown as Row[]
    if (rows.length === PAGE) return this.#someOf(cid, options)
    const holdings = this.#onlyLive(rows)
    if (holdings.length < 2) return holdings
    return onePerShelf(shuffled(options.random, holdings)).slice(0, options.limit)
  }

  /** A live holding of this entry; undefined when nobody online has the CID under this description. */
  anyOf(entry: number, { random }: Pick<HolderOptions, 'random'>): Holding | undefined {
    return this.#around(entry, { limit: 1, random })[0]
  }

  #someOf(cid: Uint8Array, { limit, random }: HolderOptions): Holding[] {
    const found: Holding[] = []
    const entries = (this.#variants.all(cid) as { id: number }[]).map((row) => row.id)
    for (const entry of shuffled(random, entries)) {
      found.push(...this.#around(entry, { limit: limit - found.length, random }))
      if (found.length >= limit) break
    }
    return shuffled(random, onePerShelf(found))
  }

  /** Live holdings of an entry from a random shelf on, then from the first up to it. */
  #around(entry: number, { limit, random }: HolderOptions): Holding[] {
    const { last } = this.#lastShelf.get(entry) as { last: number | null }
    const start = randomInt(random, (last ?? 0) + 1)
    const found = this.#from(entry, { after: start, limit, room: MAX_HOLDINGS })
    if (found.holdings.length >= limit || found.room <= 0) return found.holdings
    const { holdings } = this.#from(entry, { after: -1, limit, room: found.room })
    const before = holdings.filter((holding) => holding.shelf <= start)
    return [...found.holdings, ...before].slice(0, limit)
  }

  #from(entry: number, { after, limit, room }: { after: number; limit: number; room: number }) {
    const holdings: Holding[] = []
    let shelf = after
    let left = room
    while (holdings.length < limit && left > 0) {
      const rows = this.#ofEntry.all(entry, shelf) as unknown as Row[]
      holdings.push(...this.#onlyLive(rows))
      left -= rows.length
      if (rows.length < PAGE) break
      shelf = rows.at(-1)![1]
    }
    return { holdings: holdings.slice(0, limit), room: left }
  }

  #onlyLive(rows: readonly Row[]): Holding[] {
    return rows
      .filter((row) => this.#live.has(row[1]))
      .map(([entry, shelf, modifiedMs]) => ({ entry, shelf, modifiedMs }))
  }
}

/** entry, shelf, modified_ms */
type Row = [number, number, number]

function onePerShelf(holdings: readonly Holding[]): Holding[] {
  return [...new Map(holdings.map((holding) => [holding.shelf, holding])).values()]
}

/** Rows as arrays: SQLite's answer becomes JavaScript in half the time that objects take. */
export function arrays(db: DatabaseSync, sql: string): StatementSync {
  const statement = db.prepare(sql)
  statement.setReturnArrays(true)
  return statement
}
