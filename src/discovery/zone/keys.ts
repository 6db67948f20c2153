import { wordRuns, wordsOf } from '../../base/words.ts'
import type { SharedEntry } from '../../content/entry.ts'
import { wholeWords } from '../../content/match.ts'
import { MAX_ZONE_BITS, pointOf } from '../membership/point.ts'

/** All keys of an entry: each distinct word of its path (the name is its last part), the SHA-256, the CID. */
export function keysOf({ path, sha256, cid }: SharedEntry): string[] {
  const keys = [...new Set(wordsOf(path))].map((word) => `w:${word}`)
  if (sha256 !== undefined) keys.push(`s:${sha256}`)
  keys.push(`c:${cid}`)
  return keys
}

/** The bucket of a key: the first 12 bits of its point. */
export function bucketOf(key: string): number {
  return pointOf(key) >>> (32 - MAX_ZONE_BITS)
}

/** The least point of a bucket. */
export function bucketPoint(bucket: number): number {
  return (bucket << (32 - MAX_ZONE_BITS)) >>> 0
}

/**
 * The keys under any of which all that a query asks for is known: its CID, else its SHA-256, else each of its whole words. None when it has
 * nothing but a prefix.
 */
export function queryKeys(query: { words?: string; sha256?: string; cid?: string }): string[] {
  if (query.cid !== undefined) return [`c:${query.cid}`]
  if (query.sha256 !== undefined) return [`s:${query.sha256.toLowerCase()}`]
  return wholeWords(query.words ?? '').map((word) => `w:${word}`)
}

/** The key of a query that has a prefix only, `w:quar*`: for one who knows everything. */
export function prefixKey(words: string): string {
  return `w:${wordRuns(words).flat().at(-1) ?? ''}*`
}

/** Whether the key is one of {@link prefixKey}; no word has a `*`. */
export function isPrefixKey(key: string): boolean {
  return key.startsWith('w:') && key.endsWith('*')
}

/** Entries under a word of which nothing is known. */
const UNKNOWN_TOTAL = 50

/**
 * The key to ask for: one that `isOwn`, whose answer costs nothing, else the rarest as far as `estimate` knows, of equals the
 * longest. Undefined without keys.
 */
export function chooseKey(
  keys: readonly string[],
  isOwn: (key: string) => boolean,
  estimate: (key: string) => number | undefined,
): string | undefined {
  const own = keys.find(isOwn)
  if (own !== undefined) return own
  const total = (key: string) => estimate(key) ?? UNKNOWN_TOTAL
  return [...keys].sort((a, b) => total(a) - total(b) || b.length - a.length)[0]
}
