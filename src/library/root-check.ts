import { lstat, readdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Share } from '../storage/catalogue-types.ts'

/**
 * present: the root is what it was when it was shared. missing: it is away, as a disk that is not mounted is; what is known of it may be
 * true again later. removed: it was deleted from a folder that is still there.
 */
export type RootState =
  | { readonly state: 'present'; readonly dev: number }
  | { readonly state: 'missing' | 'removed' }

/**
 * Looks whether the root of a share is there. An empty folder where there were files is a mount point without its disk when it lies on
 * another device than before; on the same device somebody has emptied it.
 */
export async function checkRoot(share: Share): Promise<RootState> {
  try {
    const facts = await lstat(share.path)
    if (share.kind === 'file') {
      return facts.isFile() ? { state: 'present', dev: facts.dev } : { state: 'removed' }
    }
    if (!facts.isDirectory()) return { state: 'removed' }
    const hadFiles = share.files > 0 && share.rootDev !== undefined && share.rootDev !== facts.dev
    if (hadFiles && (await readdir(share.path)).length === 0) return { state: 'missing' }
    return { state: 'present', dev: facts.dev }
  } catch {
    return { state: (await isFolder(dirname(share.path))) ? 'removed' : 'missing' }
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory()
  } catch {
    return false
  }
}
