import { mkdir } from 'node:fs/promises'
import { ShoalError, toShoalError } from '../base/errors.ts'

/**
 * Makes a folder and those above it, as far as they are missing.
 *
 * @throws ShoalError INVALID_ARGUMENT when a file is in the way; PERMISSION_DENIED, NO_SPACE, IO
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST' && code !== 'ENOTDIR') throw toShoalError(error, 'IO')
    const message = `The folder ${path} cannot be made: there is a file of that name, or in the place of a folder above it.`
    throw new ShoalError('INVALID_ARGUMENT', message, { cause: error })
  }
}
