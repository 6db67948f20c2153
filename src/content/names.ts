import { ShoalError } from '../base/errors.ts'

/**
 * True for a name that can stand in a folder: not empty, not `.` or `..`, no `/` and no NUL. What else a disk may not
 * like is for whoever writes it there.
 */
export function isEntryName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name)
}

/** Parts of a path below a folder. @throws ShoalError INVALID_ARGUMENT when one of them is no name */
export function splitPath(path: string): string[] {
  const parts = path.split('/')
  const wrong = parts.find((part) => !isEntryName(part))
  if (wrong === undefined) return parts
  throw new ShoalError('INVALID_ARGUMENT', `${JSON.stringify(path)} is not a path below a folder.`)
}
