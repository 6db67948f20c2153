import type { Handle } from './handle.ts'

/** What is known of a kept record without its value. */
export interface ValueFacts {
  readonly key: string
  /** PeerId. */
  readonly writer: string
  readonly version: number
  /** 32 bytes. */
  readonly valueSha256: Uint8Array
  /** Ms since the Unix epoch. */
  readonly expiresMs: number
  /** Bytes that it counts for. */
  readonly sizeBytes: number
  /** This node's distance from the key, 32 bytes, the most telling first. */
  readonly distance: Uint8Array
  /** This node wrote it and renews it. */
  readonly own: boolean
}

/** A record as it was signed. */
export interface ValueBody {
  readonly record: Uint8Array
  readonly signature: Uint8Array
}

/** How much is kept. */
export interface ValueTotals {
  readonly records: number
  readonly sizeBytes: number
}

const FACTS = 'key, writer, version, value_sha256, expires_ms, size_bytes, distance, own'

/**
 * Records of the key-value store, one a key. It stores what it is told; what may be stored is decided by whoever calls. Each
 * change is one fsync: put several into one {@link transaction}. Errors: IO, NO_SPACE, BUSY.
 */
export class ValueStore {
  readonly #handle: Handle

  constructor(handle: Handle) {
    this.#handle = handle
  }

  /** All or nothing. */
  transaction<T>(work: () => T): T {
    return this.#handle.transaction(work)
  }

  /** Adds a record, or replaces the one of its key. */
  put(facts: ValueFacts, { record, signature }: ValueBody): void {
    this.transaction(() => {
      this.#handle.run(
        `INSERT INTO value_records VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET
           (writer, version, value_sha256, expires_ms, size_bytes, distance, own) = (excluded.writer, excluded.version,
           excluded.value_sha256, excluded.expires_ms, excluded.size_bytes, excluded.distance, excluded.own)`,
        facts.key,
        facts.writer,
        facts.version,
        facts.valueSha256,
        facts.expiresMs,
        facts.sizeBytes,
        facts.distance,
        facts.own ? 1 : 0,
      )
      this.#handle.run('INSERT OR REPLACE INTO value_bodies VALUES (?, ?, ?)', facts.key, record, signature)
    })
  }

  /** From now on this node renews the record of a key. */
  own(key: string): void {
    this.#handle.run('UPDATE value_records SET own = 1 WHERE key = ?', key)
  }

  facts(key: string): ValueFacts | undefined {
    const row = this.#handle.get<FactsRow>(`SELECT ${FACTS} FROM value_records WHERE key = ?`, key)
    return row && toFacts(row)
  }

  body(key: string): ValueBody | undefined {
    return this.#handle.get<ValueBody>('SELECT record, signature FROM value_bodies WHERE key = ?', key)
  }

  /** Facts by key, those after `after`, at most `limit`. */
  page(after: string, limit: number): ValueFacts[] {
    return this.#handle
      .all<FactsRow>(`SELECT ${FACTS} FROM value_records WHERE key > ? ORDER BY key LIMIT ?`, after, limit)
      .map(toFacts)
  }

  /** This node's own that end before a moment, ms since the Unix epoch, the first to end first. */
  ownEndingBefore(ms: number, limit: number): ValueFacts[] {
    return this.#handle
      .all<FactsRow>(
        `SELECT ${FACTS} FROM value_records WHERE own = 1 AND expires_ms < ? ORDER BY expires_ms LIMIT ?`,
        ms,
        limit,
      )
      .map(toFacts)
  }

  /** Records of others that are farther than `distance`, the farthest first; facts that decide only. */
  farthest(distance: Uint8Array, limit: number): { key: string; sizeBytes: number }[] {
    return this.#handle
      .all<{ key: string; size_bytes: number }>(
        `SELECT key, size_bytes FROM value_records WHERE own = 0 AND distance > ? ORDER BY distance DESC LIMIT ?`,
        distance,
        limit,
      )
      .map(({ key, size_bytes: sizeBytes }) => ({ key, sizeBytes }))
  }

  remove(key: string): boolean {
    return this.#handle.run('DELETE FROM value_records WHERE key = ?', key).changes > 0
  }

  /** Removes records of others that were void at a moment, at most `limit`. @returns how many */
  removeEnded(nowMs: number, limit: number): number {
    return this.#handle.run(
      `DELETE FROM value_records WHERE key IN
         (SELECT key FROM value_records WHERE own = 0 AND expires_ms <= ? LIMIT ?)`,
      nowMs,
      limit,
    ).changes
  }

  totals(): ValueTotals {
    const row = this.#handle.get<TotalsRow>('SELECT records, size_bytes FROM value_totals')
    return toTotals(row)
  }

  totalsOf(writer: string): ValueTotals {
    const row = this.#handle.get<TotalsRow>(
      'SELECT count(*) AS records, coalesce(sum(size_bytes), 0) AS size_bytes FROM value_records WHERE writer = ?',
      writer,
    )
    return toTotals(row)
  }
}

interface FactsRow {
  key: string
  writer: string
  version: number
  value_sha256: Uint8Array
  expires_ms: number
  size_bytes: number
  distance: Uint8Array
  own: number
}

interface TotalsRow {
  records: number
  size_bytes: number
}

const toFacts = (row: FactsRow): ValueFacts => ({
  key: row.key,
  writer: row.writer,
  version: row.version,
  valueSha256: row.value_sha256,
  expiresMs: row.expires_ms,
  sizeBytes: row.size_bytes,
  distance: row.distance,
  own: row.own === 1,
})

const toTotals = (row: TotalsRow | undefined): ValueTotals => ({
  records: row?.records ?? 0,
  sizeBytes: row?.size_bytes ?? 0,
})
