import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Writes a small file so that readers, and a crash at any moment, see the old content or the new, never a part.
 *
 * @param mode permission bits, given whatever the umask
 * @throws system errors (EACCES, ENOSPC, …); the old file is then untouched
 */
export function writeFileAtomic(path: string, content: string | Uint8Array, mode: number): void {
  const scratch = `${path}.${process.pid}.tmp`
  const data = typeof content === 'string' ? Buffer.from(content) : content
  try {
    const file = openSync(scratch, 'w', mode)
    try {
      fchmodSync(file, mode)
      for (let written = 0; written < data.length; ) written += writeSync(file, data, written)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(scratch, path)
  } catch (error) {
    rmSync(scratch, { force: true })
    throw error
  }
  syncFolder(dirname(path))
}

/** Makes a rename or removal in `folder` durable. Windows cannot open folders; its renames need no such step. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
