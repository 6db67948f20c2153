import { ShoalError } from '../../base/errors.ts'

/** Which part of a list is wanted. */
export interface PageOptions {
  /** Most rows; undefined: all that are left. */
  readonly limit?: number | undefined
  /** `cursor` of the page before; undefined or empty: from the beginning. */
  readonly cursor?: string | undefined
}

export interface Page<T> {
  readonly rows: T[]
  /** For the next page; undefined at the end. */
  readonly cursor?: string | undefined
}

/** Where a row stands: the newest first, then by id. */
export interface PageKey {
  /** ms since the Unix epoch. */
  readonly atMs: number
  readonly id: string
}

/** Most rows of a page. */
export const MAX_PAGE = 1000

/**
 * A page of a list that changes between two pages: it begins behind where the page before ended, so no row comes twice unless it has become older. Without
 * options the rows as they are.
 *
 * @throws INVALID_ARGUMENT for a cursor that is none
 */
export function pageOf<T>(
  rows: readonly T[],
  keyOf: (row: T) => PageKey,
  { limit, cursor }: PageOptions,
): Page<T> {
  if (limit === undefined && !cursor) return { rows: [...rows] }
  const after = cursor ? decodeCursor(cursor) : undefined
  const left = rows
    .map((row) => ({ row, key: keyOf(row) }))
    .filter(({ key }) => !after || isBefore(after, key))
    .sort((a, b) => (isBefore(a.key, b.key) ? -1 : 1))
  const page = left.slice(0, limit)
  const last = page.at(-1)
  return {
    rows: page.map(({ row }) => row),
    ...(last && page.length < left.length && { cursor: encodeCursor(last.key) }),
  }
}

/**
 * Words of a list with commas, such as `done,failed`.
 *
 * @param field its name, for the error
 * @throws INVALID_ARGUMENT for a word that is not one of `known`, and for none
 */
export function wordsOf<const T extends string>(
  field: string,
  words: readonly string[],
  known: readonly T[],
): T[] {
  const found = words.map((word) => known.find((each) => each === word.trim()))
  if (found.length > 0 && !found.includes(undefined)) return found as T[]
  throw new ShoalError('INVALID_ARGUMENT', `${field}: must be some of ${known.join(', ')}, with commas.`)
}

function isBefore(a: PageKey, b: PageKey): boolean {
  return a.atMs === b.atMs ? a.id < b.id : a.atMs > b.atMs
}

function encodeCursor({ atMs, id }: PageKey): string {
  return Buffer.from(JSON.stringify([atMs, id])).toString('base64url')
}

function decodeCursor(cursor: string): PageKey {
  try {
    const [atMs, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]
    if (typeof atMs === 'number' && typeof id === 'string') return { atMs, id }
  } catch {
    // Falls through: it is no cursor either way.
  }
  throw new ShoalError('INVALID_ARGUMENT', 'cursor: is not one that a page of this list gave.')
}
