import { ShoalError } from '../../base/errors.ts'
import { wordsOf } from '../../base/words.ts'
import { parseCid } from '../../content/cid.ts'
import { DEFAULT_QUERY_LIMIT, MAX_QUERY_LIMIT } from '../../content/entry-wire.ts'
import { LOCATOR_NAMES, type LocatorName, OWN_SOURCES, type SearchQuery } from '../../discovery/locator.ts'

/** A search as a client asks for it; what is empty counts as not given. */
export interface SearchInput {
  readonly q?: string | undefined
  /** Hex. */
  readonly sha256?: string | undefined
  /** Text form, any multibase. */
  readonly cid?: string | undefined
  /** Names of locators. */
  readonly via?: readonly string[] | undefined
  readonly limit?: number | undefined
  readonly timeoutMs?: number | undefined
}

export interface SearchRequest {
  readonly query: SearchQuery
  readonly via: LocatorName[] | undefined
  readonly timeoutMs: number | undefined
}

/** Bounds of a search; the contract of the wire (common.proto) has the same. */
export const SEARCH_BOUNDS = {
  defaultLimit: DEFAULT_QUERY_LIMIT,
  maxLimit: MAX_QUERY_LIMIT,
  maxWordsBytes: 512,
  maxTimeoutMs: 600_000,
} as const

const KNOWN: readonly string[] = [...LOCATOR_NAMES, ...OWN_SOURCES]

/**
 * Checks a search and puts it in canonical form.
 *
 * @throws ShoalError INVALID_ARGUMENT or INVALID_CID saying which field is wrong
 */
export function searchRequest(input: SearchInput): SearchRequest {
  const words = input.q?.trim() || undefined
  const { sha256 = '', cid = '' } = input
  if (!words && !sha256 && !cid) throw invalid('Say what to search for: q (words), sha256 or cid.')
  if (words) checkWords('q', words)
  if (sha256 && !/^[0-9a-f]{64}$/i.test(sha256)) throw invalid('sha256: must be 64 hexadecimal digits.')
  const query: SearchQuery = {
    ...(words && { words }),
    ...(sha256 && { sha256: sha256.toLowerCase() }),
    ...(cid && { cid: parseCid(cid) }),
    limit: bounded('limit', input.limit ?? SEARCH_BOUNDS.defaultLimit, SEARCH_BOUNDS.maxLimit),
  }
  const { timeoutMs } = input
  return {
    query,
    via: locators(input.via ?? []),
    timeoutMs:
      timeoutMs === undefined ? undefined : bounded('timeoutMs', timeoutMs, SEARCH_BOUNDS.maxTimeoutMs),
  }
}

/** @throws ShoalError INVALID_ARGUMENT for words that cannot be searched for, naming `field` */
export function checkWords(field: string, words: string): void {
  if (Buffer.byteLength(words) > SEARCH_BOUNDS.maxWordsBytes)
    throw invalid(`${field}: must have at most ${SEARCH_BOUNDS.maxWordsBytes} bytes.`)
  if (wordsOf(words).length === 0) throw invalid(`${field}: has no letter or digit to search for.`)
}

function locators(names: readonly string[]): LocatorName[] | undefined {
  const given = [...new Set(names.map((name) => name.trim()).filter((name) => name !== ''))]
  const unknown = given.find((name) => !KNOWN.includes(name))
  if (unknown !== undefined)
    throw invalid(`via: ${unknown.slice(0, 40)} is no locator; known are ${KNOWN.join(', ')}.`)
  return given.length === 0 ? undefined : (given as LocatorName[])
}

function bounded(name: string, value: number, max: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= max) return value
  throw invalid(`${name}: must be a whole number from 1 to ${max}.`)
}

const invalid = (message: string) => new ShoalError('INVALID_ARGUMENT', message)
