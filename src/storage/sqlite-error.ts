import { type ErrorCode, ShoalError, toShoalError } from '../base/errors.ts'

/** https://sqlite.org/rescode.html: primary codes that call for another answer than IO. */
const CODES: Record<number, ErrorCode> = {
  3: 'PERMISSION_DENIED', // SQLITE_PERM
  5: 'BUSY', // SQLITE_BUSY
  6: 'BUSY', // SQLITE_LOCKED
  8: 'PERMISSION_DENIED', // SQLITE_READONLY
  13: 'NO_SPACE', // SQLITE_FULL
}

const CORRUPT = 11
const NOT_A_DATABASE = 26

/** SQLite's primary result code of an error that it threw; undefined for other errors. */
export function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined
  return error.errcode & 0xff
}

/** True when the error says that the file's content is broken, not just that something could not be done now. */
export function isDamage(error: unknown): boolean {
  const code = primaryCode(error)
  return code === CORRUPT || code === NOT_A_DATABASE
}

/** Any error of SQLite as a ShoalError that names the database; others as they are. */
export function toStorageError(error: unknown, path: string): ShoalError {
  const code = primaryCode(error)
  if (code === undefined) return toShoalError(error, 'IO')
  const message = error instanceof Error ? error.message : String(error)
  return new ShoalError(CODES[code] ?? 'IO', `${path}: ${message}`, { cause: error })
}
