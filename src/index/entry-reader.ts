import type { DatabaseSync } from 'node:sqlite'
import { type Random, seededRandom } from '../base/random.ts'
import { cidFromBytes, cidToBytes } from '../content/cid.ts'
import { candidates, prepareCandidates } from './candidates.ts'
import { arrays, Holders } from './holders.ts'
import { INDEX_LIMITS } from './options.ts'
import { rankFound } from './rank.ts'
import type { FindRequest, FindResult, FoundEntry } from './records.ts'
import { rawCidDigest } from './validate.ts'

/** Bounds of one search, so that no query holds the thread: what was found until then is the answer. */
export interface SearchBudget {
  /** Matching entries that are looked at, those of peers that are gone included. */
  readonly maxCandidates: number
  readonly maxMs: number
}

export const DEFAULT_SEARCH_BUDGET: SearchBudget = { maxCandidates: 20_000, maxMs: 100 }

/** cid, kind, size_bytes, sha256, path */
type EntryRow = [Uint8Array, number, number, Uint8Array | null, string]

/** Searches what the live shelves hold. Which those are, the owner says; every call sees one state of the database. */
export class EntryReader {
  readonly #db: DatabaseSync
  readonly #entry
  readonly #candidates
  readonly #holders: Holders
  readonly #live = new Set<number>()
  readonly #budget: SearchBudget

  constructor(db: DatabaseSync, budget: SearchBudget = DEFAULT_SEARCH_BUDGET) {
    this.#db = db
    this.#budget = budget
    this.#entry = arrays(db, 'SELECT cid, kind, size_bytes, sha256, path FROM entries WHERE id = ?')
    this.#candidates = prepareCandidates(db)
    this.#holders = new Holders(db, this.#live)
  }

  /** Changes which shelves are found, all at once. */
  setLive(add: readonly number[], remove: readonly number[]): void {
    for (const shelf of remove) this.#live.delete(shelf)
    for (const shelf of add) this.#live.add(shelf)
  }

  /**
   * Entries that match and that somebody online holds, one for each CID, newest first; those of a search by words that fits one page are
   * ranked. `next` says where to go on; a CID may come again on a later page under another path.
   */
  find(request: FindRequest): FindResult {
    return this.#snapshot(() => {
      const random = seededRandom(request.seed)
      const started = performance.now()
      const found: FoundEntry[] = []
      const seen = new Set<string>()
      let looked = 0
      let last: number | undefined
      for (const id of candidates(this.#candidates, request)) {
        if (found.length >= request.limit) return { found: rankFound(found, request.words), next: last }
        last = id
        const entry = this.#load(id, random, seen)
        if (entry) {
          seen.add(entry.cid)
          found.push(entry)
        }
        looked++
        const late = (looked & 63) === 0 && performance.now() - started > this.#budget.maxMs
        if (looked >= this.#budget.maxCandidates || late)
          return { found: rankFound(found, request.words), next: last }
      }
      return { found: rankFound(found, request.words), next: undefined }
    })
  }

  /** Live shelves that hold a CID under any path, at most `limit`, in random order. */
  holders(cid: string, limit: number, seed: number): number[] {
    return this.#snapshot(() => {
      const holdings = this.#holders.ofCid(cidToBytes(cid), { limit, random: seededRandom(seed) })
      return holdings.map((holding) => holding.shelf)
    })
  }

  /** The entry, when somebody online has its CID under this very description and the CID is not among those seen. */
  #load(id: number, random: Random, seen: ReadonlySet<string>): FoundEntry | undefined {
    const row = this.#entry.get(id) as unknown as EntryRow | undefined
    if (!row) return undefined
    const [cidBytes, kind, sizeBytes, sha256, path] = row
    const holdings = this.#holders.ofCid(cidBytes, { limit: INDEX_LIMITS.hitProviders, random })
    if (holdings.length === 0) return undefined
    const own = holdings.find((holding) => holding.entry === id) ?? this.#holders.anyOf(id, { random })
    if (!own) return undefined
    const cid = cidFromBytes(cidBytes)
    if (seen.has(cid)) return undefined
    const digest = sha256 ?? (kind === 1 ? rawCidDigest(cidBytes) : undefined)
    return {
      id,
      cid,
      sha256: digest && Buffer.from(digest).toString('hex'),
      path,
      kind: kind === 2 ? 'folder' : 'file',
      sizeBytes,
      modifiedMs: own.modifiedMs,
      shelves: holdings.map((holding) => holding.shelf),
    }
  }

  /** One read transaction: what a search reads first and last is the same state, whatever is published meanwhile. */
  #snapshot<T>(read: () => T): T {
    this.#db.exec('BEGIN')
    try {
      return read()
    } finally {
      this.#db.exec('COMMIT')
    }
  }
}
