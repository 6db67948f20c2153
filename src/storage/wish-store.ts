import { createHash } from 'node:crypto'
import type { EntryKind } from '../content/entry.ts'
import type { Handle } from './handle.ts'
import type { HeldBack, WishFetch, WishFound, WishHitRecord, WishRecord } from './wish-types.ts'

/** CIDs that a wish remembers with all that is known of them; the oldest make room. */
export const MAX_WISH_HITS = 1000
/** Further CIDs of a wish of which only a digest is kept; the oldest make room, and would be news again. */
export const MAX_FORGOTTEN = 5000
/** Fetches that are kept, the latest: more than the setting allows in days. */
const MAX_FETCHES = 10_000
/** Bytes of a digest: nobody finds another CID with the same one. */
const DIGEST_BYTES = 16

/** Wishes, what they found, and what they fetched. Each change is one fsync. Errors: IO, NO_SPACE, BUSY. */
export class WishStore {
  readonly #handle: Handle

  constructor(handle: Handle) {
    this.#handle = handle
  }

  /** As they were added. */
  list(): WishRecord[] {
    return this.#handle.all<WishRow>('SELECT * FROM wishes ORDER BY created_ms, rowid').map(toWish)
  }

  get(id: string): WishRecord | undefined {
    const row = this.#handle.get<WishRow>('SELECT * FROM wishes WHERE id = ?', id)
    return row && toWish(row)
  }

  byKey(key: string): WishRecord | undefined {
    const row = this.#handle.get<WishRow>('SELECT * FROM wishes WHERE key = ?', key)
    return row && toWish(row)
  }

  /** One with another id and key than all others. */
  add({ id, words, key, fetch, createdMs }: WishRecord): void {
    const sql = 'INSERT INTO wishes (id, words, key, fetch, created_ms) VALUES (?, ?, ?, ?, ?)'
    this.#handle.run(sql, id, words, key, Number(fetch), createdMs)
  }

  setFetch(id: string, fetch: boolean): void {
    this.#handle.run('UPDATE wishes SET fetch = ? WHERE id = ?', Number(fetch), id)
  }

  /** Nothing of what it found is new any more. */
  markSeen(id: string): void {
    this.#handle.run('UPDATE wish_hits SET is_new = 0 WHERE wish_id = ? AND is_new = 1', id)
  }

  /** Whatever is found from now on is news. */
  setBaseline(id: string): void {
    this.#handle.run('UPDATE wishes SET has_baseline = 1 WHERE id = ?', id)
  }

  /** Forgets a wish and what it found; what it fetched is still counted. */
  remove(id: string): boolean {
    return this.#handle.run('DELETE FROM wishes WHERE id = ?', id).changes > 0
  }

  /**
   * Notes what a search found, each CID once. The first search of a wish tells what is there already, and so nothing is news then.
   *
   * @returns what is news, in the order of `found`; nothing for a wish that is gone
   */
  noteSearch(id: string, found: readonly WishFound[], searchedMs: number): WishHitRecord[] {
    return this.#handle.transaction(() => {
      const wish = this.get(id)
      if (!wish) return []
      const news: WishHitRecord[] = []
      for (const each of found) {
        if (this.#noteAgain(id, each)) continue
        const { isOwn, ...facts } = each
        const hit = { ...facts, foundMs: searchedMs, isNew: wish.hasBaseline && !isOwn }
        this.#addHit(id, hit)
        if (hit.isNew) news.push(hit)
      }
      this.#makeRoom(id)
      const sql = 'UPDATE wishes SET last_searched_ms = ?, has_baseline = 1 WHERE id = ?'
      this.#handle.run(sql, searchedMs, id)
      return news
    })
  }

  /** What it found, newest first. */
  hits(id: string, limit: number): WishHitRecord[] {
    const sql = 'SELECT * FROM wish_hits WHERE wish_id = ? ORDER BY seq DESC LIMIT ?'
    return this.#handle.all<HitRow>(sql, id, limit).map(toHit)
  }

  /** How many of its hits are new. */
  newHits(id: string): number {
    const sql = 'SELECT count(*) AS count FROM wish_hits WHERE wish_id = ? AND is_new = 1'
    return this.#handle.get<{ count: number }>(sql, id)!.count
  }

  /** A hit is being fetched by a download. */
  setDownload(id: string, cid: string, downloadId: string): void {
    const sql = 'UPDATE wish_hits SET download_id = ?, held_back = NULL WHERE wish_id = ? AND cid = ?'
    this.#handle.run(sql, downloadId, id, cid)
  }

  /** CIDs that were never fetched because a limit held them back; it may be another one now. */
  heldByLimits(id: string): string[] {
    const sql =
      "SELECT cid FROM wish_hits WHERE wish_id = ? AND held_back IN ('size', 'daily-limit') AND download_id IS NULL"
    return this.#handle.all<{ cid: string }>(sql, id).map(({ cid }) => cid)
  }

  /** Why a hit is not fetched. */
  holdBack(id: string, cid: string, reason: HeldBack): void {
    this.#handle.run('UPDATE wish_hits SET held_back = ? WHERE wish_id = ? AND cid = ?', reason, id, cid)
  }

  /** Counts a fetch that is about to start; before it does, so that a crash in between makes room for none. @returns its number */
  beginFetch(wishId: string, cid: string, startedMs: number): number {
    return this.#handle.transaction(() => {
      const sql = 'INSERT INTO wish_fetches (wish_id, cid, started_ms) VALUES (?, ?, ?)'
      const { rowId } = this.#handle.run(sql, wishId, cid, startedMs)
      this.#handle.run('DELETE FROM wish_fetches WHERE id <= ?', rowId - MAX_FETCHES)
      return rowId
    })
  }

  /** It has started. */
  endFetch(number: number, downloadId: string): void {
    this.#handle.run('UPDATE wish_fetches SET download_id = ? WHERE id = ?', downloadId, number)
  }

  /** It did not start, and does not count. */
  dropFetch(number: number): void {
    this.#handle.run('DELETE FROM wish_fetches WHERE id = ?', number)
  }

  /** How many fetches began after `sinceMs`. */
  fetchesSince(sinceMs: number): number {
    const sql = 'SELECT count(*) AS count FROM wish_fetches WHERE started_ms > ?'
    return this.#handle.get<{ count: number }>(sql, sinceMs)!.count
  }

  /** The latest fetches that started. */
  fetches(): WishFetch[] {
    return this.#handle
      .all<FetchRow>('SELECT * FROM wish_fetches WHERE download_id IS NOT NULL ORDER BY id')
      .map((row) => ({ wishId: row.wish_id, cid: row.cid, downloadId: row.download_id }))
  }

  /** True when the CID was known already. */
  #noteAgain(id: string, { cid, providers }: WishFound): boolean {
    const sql = 'SELECT providers FROM wish_hits WHERE wish_id = ? AND cid = ?'
    const known = this.#handle.get<{ providers: number }>(sql, id, cid)
    if (known && known.providers !== providers) {
      this.#handle.run('UPDATE wish_hits SET providers = ? WHERE wish_id = ? AND cid = ?', providers, id, cid)
    }
    const forgotten = 'SELECT 1 FROM wish_forgotten WHERE wish_id = ? AND digest = ?'
    return known !== undefined || this.#handle.get(forgotten, id, digestOf(cid)) !== undefined
  }

  #addHit(id: string, { cid, name, sizeBytes, kind, providers, foundMs, isNew }: WishHitRecord): void {
    this.#handle.run(
      `INSERT INTO wish_hits (wish_id, cid, name, size_bytes, kind, providers, found_ms, is_new)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[id, cid, name, sizeBytes, kind, providers, foundMs, Number(isNew)],
    )
  }

  #makeRoom(id: string): void {
    const old = this.#handle.all<{ seq: number; cid: string }>(
      'SELECT seq, cid FROM wish_hits WHERE wish_id = ? ORDER BY seq DESC LIMIT -1 OFFSET ?',
      id,
      MAX_WISH_HITS,
    )
    if (old.length === 0) return
    for (const { seq, cid } of old.reverse()) {
      const sql = 'INSERT INTO wish_forgotten (wish_id, digest) VALUES (?, ?) ON CONFLICT DO NOTHING'
      this.#handle.run(sql, id, digestOf(cid))
      this.#handle.run('DELETE FROM wish_hits WHERE seq = ?', seq)
    }
    this.#handle.run(
      `DELETE FROM wish_forgotten WHERE wish_id = ? AND seq <=
         (SELECT seq FROM wish_forgotten WHERE wish_id = ? ORDER BY seq DESC LIMIT 1 OFFSET ?)`,
      id,
      id,
      MAX_FORGOTTEN,
    )
  }
}

const digestOf = (cid: string): Uint8Array =>
  createHash('sha256').update(cid).digest().subarray(0, DIGEST_BYTES)

interface WishRow {
  id: string
  words: string
  key: string
  fetch: number
  created_ms: number
  last_searched_ms: number | null
  has_baseline: number
}

interface HitRow {
  cid: string
  name: string
  size_bytes: number
  kind: EntryKind
  providers: number
  found_ms: number
  is_new: number
  download_id: string | null
  held_back: HeldBack | null
}

interface FetchRow {
  wish_id: string
  cid: string
  download_id: string
}

const toWish = (row: WishRow): WishRecord => ({
  id: row.id,
  words: row.words,
  key: row.key,
  fetch: row.fetch === 1,
  createdMs: row.created_ms,
  ...(row.last_searched_ms !== null && { lastSearchedMs: row.last_searched_ms }),
  hasBaseline: row.has_baseline === 1,
})

const toHit = (row: HitRow): WishHitRecord => ({
  cid: row.cid,
  name: row.name,
  sizeBytes: row.size_bytes,
  kind: row.kind,
  providers: row.providers,
  foundMs: row.found_ms,
  isNew: row.is_new === 1,
  ...(row.download_id !== null && { downloadId: row.download_id }),
  ...(row.held_back !== null && { heldBack: row.held_back }),
})
