import { link, lstat, mkdir, open, rename, rmdir, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ShoalError, toShoalError } from '../base/errors.ts'
import { numberedName } from './safe-name.ts'

/** Names tried before giving up: `name`, `name (1)`, … */
const MAX_TRIES = 10_000

/** The path itself when nothing is there, or the first free one of `NAME (1).EXT`, `NAME (2).EXT`, … A hint: only {@link placeFile} is free of races. */
export async function freePath(path: string): Promise<string> {
  for (const candidate of candidates(path)) if (!(await exists(candidate))) return candidate
  throw tooMany(path)
}

/**
 * Moves a finished file to `path` or the first free numbered name, and makes that durable. What others made is never overwritten: the new
 * name is made by link(2), which fails when it exists, whoever was faster.
 *
 * @param beforeMove told the name before it is made, so that a journal can know it after a crash
 * @returns the path it has now
 */
export async function placeFile(
  from: string,
  path: string,
  beforeMove: (path: string) => void = () => {},
): Promise<string> {
  for (const candidate of candidates(path)) {
    // Only a hint, which spares the journal most of the names that are not to be.
    if (await exists(candidate)) continue
    beforeMove(candidate)
    if (!(await moveExclusive(from, candidate))) continue
    await syncFolderOf(candidate)
    return candidate
  }
  throw tooMany(path)
}

/** Renames a file without ever replacing another. True when moved, false when something has that name. Durable with {@link syncFolderOf}. */
export async function moveExclusive(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'EEXIST') return false
    if (!NO_HARD_LINKS.has(code)) throw toShoalError(error, 'IO')
    return moveOverPlaceholder(from, to)
  }
  await unlink(from)
  return true
}

/** What link(2) says on file systems without hard links (FAT, exFAT, some network and FUSE ones). */
const NO_HARD_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV', 'EMLINK', 'EISDIR'])

/** Without hard links: an empty file of our own, made exclusively, takes the name and is then replaced by rename(2). */
async function moveOverPlaceholder(from: string, to: string): Promise<boolean> {
  let handle: Awaited<ReturnType<typeof open>>
  try {
    handle = await open(to, 'wx')
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw toShoalError(error, 'IO')
  }
  try {
    const made = await handle.stat()
    const now = await lstat(to)
    if (made.ino !== now.ino || now.size !== 0) return false
    await rename(from, to)
    return true
  } catch (error) {
    throw toShoalError(error, 'IO')
  } finally {
    await handle.close()
  }
}

/**
 * Moves a finished folder to `path` or the first free numbered name. The name is taken with mkdir(2), which fails when it exists;
 * rename(2) then replaces that folder only while it is empty.
 *
 * @returns the path it has now
 */
export async function placeFolder(
  from: string,
  path: string,
  beforeMove: (path: string) => void = () => {},
): Promise<string> {
  for (const candidate of candidates(path)) {
    if (await exists(candidate)) continue
    beforeMove(candidate)
    try {
      await mkdir(candidate)
    } catch (error) {
      if (codeOf(error) === 'EEXIST') continue
      throw toShoalError(error, 'IO')
    }
    try {
      await rename(from, candidate)
    } catch (error) {
      // Somebody put something into the folder meanwhile: it is theirs now.
      if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST') continue
      await rmdir(candidate).catch(() => {})
      throw toShoalError(error, 'IO')
    }
    await syncFolderOf(candidate)
    return candidate
  }
  throw tooMany(path)
}

/** Whether `a` and `b` are one file under two names: how far a move that was cut short had come. */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([lstat(a, BIG).catch(() => null), lstat(b, BIG).catch(() => null)])
  return left !== null && right !== null && left.ino === right.ino && left.dev === right.dev
}

const BIG = { bigint: true } as const

/** Makes names that were made in the folder of `path` durable. Windows cannot open folders; it needs no such step. */
export async function syncFolderOf(path: string): Promise<void> {
  await syncFolder(dirname(path))
}

/** Makes names that were made in `folder` durable. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** True for a folder that is there, links followed. */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

/** True when anything has that name, a dangling symbolic link too. */
export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw toShoalError(error, 'IO')
  }
}

function* candidates(path: string): Generator<string> {
  for (let number = 0; number < MAX_TRIES; number++) {
    yield join(dirname(path), numberedName(basename(path), number))
  }
}

function tooMany(path: string): ShoalError {
  return new ShoalError(
    'ALREADY_EXISTS',
    `${path} and ${MAX_TRIES - 1} numbered names beside it exist already.`,
  )
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
