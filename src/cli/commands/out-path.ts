import { statSync } from 'node:fs'
import { resolve, sep } from 'node:path'
import { ShoalError, toShoalError } from '../../base/errors.ts'

/**
 * The absolute path that `--out` means: relative to `cwd`; ending in a separator when it names a folder to put the file into, that
 * is when it was given so or when a folder is there already.
 *
 * @throws ShoalError INVALID_ARGUMENT for no path, as an unset variable gives it, or one that is too long; PERMISSION_DENIED
 */
export function outPath(out: string, cwd: string): string {
  if (out === '')
    throw new ShoalError('INVALID_ARGUMENT', 'Give --out a file or folder; . is the folder where you are.')
  const path = resolve(cwd, out)
  const intoFolder = out.endsWith('/') || out.endsWith(sep) || isFolder(path)
  return intoFolder && !path.endsWith(sep) ? `${path}${sep}` : path
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  } catch (error) {
    throw toShoalError(error, 'IO')
  }
}
