import { hash } from 'node:crypto'
import { ShoalError } from '../../base/errors.ts'
import { wordRuns } from '../../base/words.ts'
import { digestOfCid } from '../../content/cid.ts'
import { wholeWords } from '../../content/match.ts'
import type { SearchQuery } from '../locator.ts'
import { isCommonWord, tellingWords } from './common-words.ts'
import { MAX_LOOKUPS } from './options.ts'

/** SHA-256 of what a key stands for, hex: how keys are named inside this module. On the wire a key is the multihash of it. */
export type KeyDigest = string

/** Multihash code of SHA-256, and its length. */
const SHA2_256 = [0x12, 0x20]

/** A CID's key is the digest that it carries, as in IPFS. */
export const cidKey = (cid: string): KeyDigest => Buffer.from(digestOfCid(cid)).toString('hex')
/** A file's SHA-256 is its key. For a file of one block that is also the key of its CID. */
export const sha256Key = (sha256: string): KeyDigest => sha256.toLowerCase()
/** A word has the key of a text that nobody shares by chance. */
export const wordKey = (word: string): KeyDigest => hash('sha256', `shoal-word:${word}`)

/** The key as the DHT knows it: bytes of a multihash. */
export function keyBytes(digest: KeyDigest): Uint8Array {
  return Buffer.concat([Uint8Array.from(SHA2_256), Buffer.from(digest, 'hex')])
}

/** What a query is looked up by. */
export interface QueryPlan {
  /** Keys each of which everybody has told who has a match; the most promising first. At least one. */
  readonly keys: readonly KeyDigest[]
  /** The keys are words that few have told: files that have other words, too, will be missed. */
  readonly isPartial: boolean
}

/**
 * How to find what a query asks for: by its CID, else by its SHA-256, else by the rarest of its whole words, as far as `total` knows how
 * many provide them; of those of which nothing is known the longest.
 *
 * @throws ShoalError UNAVAILABLE for a query that is but the start of a word: keys are hashes of whole words
 */
export function planQuery(
  query: Pick<SearchQuery, 'words' | 'sha256' | 'cid'>,
  total: (key: KeyDigest) => number | undefined,
): QueryPlan {
  if (query.cid !== undefined) return { keys: [cidKey(query.cid)], isPartial: false }
  if (query.sha256 !== undefined) return { keys: [sha256Key(query.sha256)], isPartial: false }
  const words = wholeWords(query.words ?? '')
  const usable = tellingWords(words)
  if (usable.length === 0) {
    const start =
      wordRuns(query.words ?? '')
        .flat()
        .at(-1) ?? ''
    throw new ShoalError(
      'UNAVAILABLE',
      `The DHT finds whole words only, not what begins with "${start}". Add a whole word.`,
    )
  }
  const ranked = usable
    .map((word) => ({ word, key: wordKey(word) }))
    .map((each) => ({ ...each, total: total(each.key) ?? UNKNOWN_TOTAL }))
    .sort((a, b) => a.total - b.total || b.word.length - a.word.length)
  return { keys: ranked.slice(0, MAX_LOOKUPS).map(({ key }) => key), isPartial: usable.every(isCommonWord) }
}

/** Providers of a word of which nothing is known. */
const UNKNOWN_TOTAL = 10
