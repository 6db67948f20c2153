import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { inBatches } from '../../base/batches.ts'
import type { DiskThreads } from '../disk/disk-threads.ts'

const run = promisify(execFile)

/** From so many files on one flush of the whole file system is faster: an fsync is a commit of its journal, some 0.5 ms, `sync -f` for 10,000 files 200. */
const MANY_FILES = 256

/** A file system that others write to may have much to flush: then each file by itself, ms. */
const SYNC_TIMEOUT_MS = 30_000

/** Files that one thread syncs in one go. */
const BATCH = { items: 32, size: 32 }

/**
 * Makes the bytes of many files durable.
 *
 * @param folder that holds all of them @param paths absolute @throws ShoalError IO, NO_SPACE
 */
export async function syncAll(folder: string, paths: readonly string[], disk: DiskThreads): Promise<void> {
  if (paths.length >= MANY_FILES && (await syncFileSystem(folder))) return
  await Promise.all([...inBatches(paths, () => 1, BATCH)].map((batch) => disk.syncFiles(batch)))
}

/** syncfs(2), which Node has no call for, by the program that makes it. False when there is none or it says that it failed. */
async function syncFileSystem(folder: string): Promise<boolean> {
  if (process.platform !== 'linux') return false
  try {
    await run('sync', ['--file-system', folder], { timeout: SYNC_TIMEOUT_MS })
    return true
  } catch {
    return false
  }
}
