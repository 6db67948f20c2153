import { ShoalError } from '../base/errors.ts'
import { wordsOf } from '../base/words.ts'
import { parseCid } from '../content/cid.ts'
import type { SearchQuery } from './locator.ts'

/** Most different CIDs that one search gives; what the contract allows. */
export const MAX_SEARCH_LIMIT = 1000
/** Longest `words`, bytes of UTF-8; what the contract allows. */
export const MAX_WORDS_BYTES = 512

const SHA256_HEX = /^[0-9a-f]{64}$/

/**
 * A query in its one form: words trimmed, SHA-256 in lower case, CID canonical, empty fields left out. Throws
 * INVALID_ARGUMENT or INVALID_CID with what is wrong.
 */
export function checkQuery(query: SearchQuery): SearchQuery {
  const words = query.words?.trim() || undefined
  const sha256 = query.sha256?.trim().toLowerCase() || undefined
  const cid = query.cid ? parseCid(query.cid) : undefined
  if (words === undefined && sha256 === undefined && cid === undefined) {
    throw new ShoalError('INVALID_ARGUMENT', 'Say what to look for: words, a SHA-256 or a CID.')
  }
  if (words !== undefined && wordsOf(words).length === 0) {
    throw new ShoalError('INVALID_ARGUMENT', `There is no word to look for in "${words}".`)
  }
  if (words !== undefined && Buffer.byteLength(words) > MAX_WORDS_BYTES) {
    throw new ShoalError('INVALID_ARGUMENT', `The words are longer than ${MAX_WORDS_BYTES} bytes.`)
  }
  if (sha256 !== undefined && !SHA256_HEX.test(sha256)) {
    throw new ShoalError('INVALID_ARGUMENT', 'A SHA-256 is 64 hexadecimal digits.')
  }
  if (!Number.isInteger(query.limit) || query.limit < 1 || query.limit > MAX_SEARCH_LIMIT) {
    throw new ShoalError('INVALID_ARGUMENT', `The limit is a whole number from 1 to ${MAX_SEARCH_LIMIT}.`)
  }
  return { words, sha256, cid, limit: query.limit }
}
