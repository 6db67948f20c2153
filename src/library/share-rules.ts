import { constants } from 'node:fs'
import { access, realpath, stat } from 'node:fs/promises'
import { basename, isAbsolute, relative, resolve, sep } from 'node:path'
import { ShoalError, toShoalError } from '../base/errors.ts'
import type { EntryKind } from '../content/entry.ts'
import { isTemporaryName } from './ignore.ts'

/** Folders of the node itself. */
export interface OwnFolders {
  /** Holds the key, the token and the databases: never shared. */
  readonly dataDir: string | undefined
  /** May lie in the data folder and may be shared all the same. */
  readonly downloadsDir: string | undefined
}

/** Something that may be shared. */
export interface Shareable {
  /** Absolute, symbolic links resolved. */
  readonly absPath: string
  readonly kind: EntryKind
}

/**
 * Looks whether a path may be shared. A symbolic link that a user names stands for what it points to.
 *
 * @throws ShoalError INVALID_ARGUMENT when it may not, or is neither file nor folder; NOT_FOUND; PERMISSION_DENIED; IO
 */
export async function checkShareable(path: string, own: OwnFolders): Promise<Shareable> {
  if (!isAbsolute(path)) throw new ShoalError('INVALID_ARGUMENT', `${path} is not an absolute path.`)
  try {
    const absPath = await realpath(path)
    const facts = await stat(absPath)
    if (!facts.isFile() && !facts.isDirectory()) {
      throw new ShoalError('INVALID_ARGUMENT', `${path} is neither a file nor a folder.`)
    }
    const kind = facts.isFile() ? 'file' : 'folder'
    refuseOwn(absPath, {
      dataDir: own.dataDir && (await realOrSame(own.dataDir)),
      downloadsDir: own.downloadsDir && (await realOrSame(own.downloadsDir)),
    })
    if (basename(absPath) === '') throw new ShoalError('INVALID_ARGUMENT', 'A whole disk cannot be shared.')
    if (kind === 'file' && isTemporaryName(basename(absPath))) {
      throw new ShoalError(
        'INVALID_ARGUMENT',
        `${path} has the name of an unfinished or temporary file, which is never shared. Share it under another name.`,
      )
    }
    await access(absPath, kind === 'file' ? constants.R_OK : constants.R_OK | constants.X_OK)
    return { absPath, kind }
  } catch (error) {
    if (error instanceof ShoalError) throw error
    const { code } = toShoalError(error, 'IO')
    if (code === 'NOT_FOUND') throw new ShoalError(code, `${path} does not exist.`, { cause: error })
    if (code === 'PERMISSION_DENIED') {
      throw new ShoalError(code, `${path} may not be read by this user.`, { cause: error })
    }
    throw toShoalError(error, 'IO')
  }
}

/**
 * Refuses the node's data folder, what is in it, and what contains it; the downloads folder is free.
 *
 * @param absPath and all of `own`: absolute, links resolved @throws ShoalError INVALID_ARGUMENT
 */
export function refuseOwn(absPath: string, { dataDir, downloadsDir }: OwnFolders): void {
  if (dataDir === undefined) return
  if (absPath !== dataDir && isWithin(dataDir, absPath)) {
    throw new ShoalError(
      'INVALID_ARGUMENT',
      `${absPath} holds this node's own data (${dataDir}) with its secret key, which is never shared. Share folders inside it.`,
    )
  }
  const isDownload =
    downloadsDir !== undefined && !isWithin(dataDir, downloadsDir) && isWithin(absPath, downloadsDir)
  if (isWithin(absPath, dataDir) && !isDownload) {
    throw new ShoalError('INVALID_ARGUMENT', `${absPath} is this node's own data, which is never shared.`)
  }
}

/** True when `path` is `folder` or lies in it; both absolute. */
export function isWithin(path: string, folder: string): boolean {
  return relPathBelow(path, folder) !== undefined
}

/** `path` relative to `folder` with `/`; '' for the folder itself, undefined when it does not lie in it. */
export function relPathBelow(path: string, folder: string): string | undefined {
  const way = relative(folder, path)
  if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)) return undefined
  return sep === '/' ? way : way.split(sep).join('/')
}

async function realOrSame(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    return resolve(path)
  }
}
