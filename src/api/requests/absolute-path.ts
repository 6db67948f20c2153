import { isAbsolute, resolve, sep } from 'node:path'
import { ShoalError } from '../../base/errors.ts'

/** Longest path that is taken, characters: PATH_MAX of Linux. */
export const MAX_PATH_LENGTH = 4096

/**
 * An absolute path on this machine, without `..` and double separators.
 *
 * @param field what to call it in the error
 * @throws ShoalError INVALID_ARGUMENT when it is relative or no path
 */
export function absolutePath(field: string, path: string): string {
  if (path.includes('\0')) throw new ShoalError('INVALID_ARGUMENT', `${field}: a path has no NUL character.`)
  if (path.length > MAX_PATH_LENGTH)
    throw new ShoalError('INVALID_ARGUMENT', `${field}: must have at most ${MAX_PATH_LENGTH} characters.`)
  if (isAbsolute(path)) return resolve(path)
  throw new ShoalError(
    'INVALID_ARGUMENT',
    `${field}: must be an absolute path, because the node does not know in which folder you are.`,
  )
}

/** The same for where a download goes. A separator at the end stays: it says that a folder is meant. */
export function outPath(path: string): string {
  const resolved = absolutePath('out', path)
  return path.endsWith(sep) && !resolved.endsWith(sep) ? resolved + sep : resolved
}
