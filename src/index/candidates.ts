import type { DatabaseSync } from 'node:sqlite'
import { cidOfDigest, cidToBytes, RAW } from '../content/cid.ts'
import { arrays } from './holders.ts'
import type { FindRequest } from './records.ts'

/** A CID or SHA-256 has one description in honest use; with more of them, the newest are looked at. */
const MAX_VARIANTS = 256

export type CandidateStatements = ReturnType<typeof prepareCandidates>

export function prepareCandidates(db: DatabaseSync) {
  return {
    words: arrays(db, 'SELECT rowid FROM words WHERE words MATCH ? AND rowid < ? ORDER BY rowid DESC'),
    hasWords: db.prepare('SELECT 1 FROM words WHERE words MATCH ? AND rowid = ?'),
    cid: db.prepare(`SELECT id FROM entries WHERE cid = ? LIMIT ${MAX_VARIANTS}`),
    sha256: db.prepare(`SELECT id FROM entries WHERE sha256 = ? ORDER BY id DESC LIMIT ${MAX_VARIANTS}`),
    hasCid: db.prepare('SELECT 1 FROM entries WHERE id = ? AND cid = ?'),
    all: arrays(db, 'SELECT id FROM entries WHERE id < ? ORDER BY id DESC'),
  }
}

/**
 * Ids of the entries that match, newest first, whoever holds them. They are read as they are asked for, never sorted: stopping early is
 * what keeps common words cheap. The narrowest criterion leads, the others are checked entry by entry.
 */
export function* candidates(sql: CandidateStatements, request: FindRequest): Generator<number> {
  const { match, sha256, cid } = request
  const before = request.before ?? Number.MAX_SAFE_INTEGER
  if (cid === undefined && sha256 === undefined) {
    const rows = match === undefined ? sql.all.iterate(before) : sql.words.iterate(match, before)
    for (const row of rows) yield (row as unknown as [number])[0]
    return
  }
  for (const id of exact(sql, request)) {
    if (id >= before) continue
    if (cid !== undefined && sha256 !== undefined && !sql.hasCid.get(id, cidToBytes(cid))) continue
    if (match !== undefined && !sql.hasWords.get(match, id)) continue
    yield id
  }
}

function exact(sql: CandidateStatements, { sha256, cid }: FindRequest): number[] {
  const ids = new Set<number>()
  const take = (rows: Record<string, unknown>[]) => {
    for (const row of rows) ids.add(row.id as number)
  }
  if (sha256 !== undefined) {
    const digest = Buffer.from(sha256, 'hex')
    take(sql.sha256.all(digest))
    // An entry with a raw CID has its SHA-256 there and nowhere else.
    take(sql.cid.all(cidToBytes(cidOfDigest(RAW, digest))))
  } else if (cid !== undefined) {
    take(sql.cid.all(cidToBytes(cid)))
  }
  return [...ids].sort((a, b) => b - a)
}
