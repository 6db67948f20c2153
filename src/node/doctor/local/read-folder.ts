import { constants } from 'node:fs'
import { access, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { tokenFile } from '../../../base/paths.ts'
import { IDENTITY_FILE } from '../../../link/identity.ts'
import { NETWORK_FILE } from '../../../link/network-file.ts'
import type { FolderFacts } from './data-folder.ts'
import type { DiskFacts } from './disk.ts'

/** The data folder at `path`, nothing made or changed. */
export async function readFolder(path: string, uid = process.getuid?.()): Promise<FolderFacts> {
  const common = { path, uid, secrets: [] }
  try {
    const now = await stat(path)
    if (!now.isDirectory()) return { ...common, state: 'no-folder' }
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK)
    return {
      ...common,
      state: 'there',
      rights: { mode: now.mode, uid: now.uid },
      secrets: await secretsIn(path),
    }
  } catch (error) {
    if (!isMissing(error)) return { ...common, state: 'denied', problem: reason(error) }
  }
  try {
    await access((await nearest(path)).path, constants.W_OK | constants.X_OK)
    return { ...common, state: 'missing' }
  } catch (error) {
    return { ...common, state: 'denied', problem: `it cannot be made, ${reason(error)}` }
  }
}

async function secretsIn(folder: string): Promise<FolderFacts['secrets']> {
  const paths = [join(folder, IDENTITY_FILE), join(folder, NETWORK_FILE), tokenFile(folder)]
  const found = await Promise.all(
    paths.map(async (path) => {
      const now = await stat(path).catch(() => undefined)
      return now ? [{ path, mode: now.mode, uid: now.uid }] : []
    }),
  )
  return found.flat()
}

/** Free space for each folder, of what it would be made in when it is not there yet. */
export function readDisk(folders: readonly { what: string; path: string }[]): Promise<DiskFacts[]> {
  return Promise.all(
    folders.map(async ({ what, path }) => {
      try {
        const place = await nearest(path)
        const { bavail, bsize } = await statfs(place.path)
        return { what, path, freeBytes: bavail * bsize, device: place.device }
      } catch (error) {
        return { what, path, problem: reason(error) }
      }
    }),
  )
}

/** The folder itself, or the closest one above it that is there. */
async function nearest(path: string): Promise<{ path: string; device: number }> {
  try {
    return { path, device: (await stat(path)).dev }
  } catch (error) {
    const above = dirname(path)
    if (!isMissing(error) || above === path) throw error
    return nearest(above)
  }
}

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT'

/** What went wrong without the name of the call and the path, which are said already. */
export function reason(error: unknown): string {
  const { message } = error as Error
  return /^E[A-Z]+: (.+?)(?:, \w+(?: '.*')?)?$/.exec(message)?.[1] ?? message
}
