import { isUtf8 } from 'node:buffer'
import type { Dirent, Stats } from 'node:fs'
import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'
import type { LeftOutReason } from './left-out.ts'
import type { DiskStat } from './settle.ts'
import type { Slices } from './slices.ts'

/** Names read from the disk in one go. */
const READ_AHEAD = 512

/** Stats asked for at once. */
const STATS_AT_ONCE = 128

/** What lies directly in a folder: regular files and folders, nothing else. */
export interface Listing {
  readonly files: Map<string, DiskStat>
  readonly folders: Set<string>
}

export interface ListingOptions {
  /** False for names to leave out. */
  readonly accept: (name: string) => boolean
  /** Hears of names that are not UTF-8, replacement characters in place of the wrong bytes. */
  readonly onBadName: (name: string) => void
  /** Hears of what is there and can be no part of a share. */
  readonly onSkipped?: (name: string, reason: LeftOutReason) => void
  readonly slices: Slices
  readonly signal?: AbortSignal | undefined
}

/**
 * Lists a folder. Symbolic links are left out, so nothing outside the share is ever reached; so are sockets, pipes and devices, and names that
 * are not UTF-8, which have no place in a CID. What goes while it is listed is left out.
 *
 * @throws system errors of opendir
 */
export async function listFolder(absPath: string, options: ListingOptions): Promise<Listing> {
  const { onSkipped } = options
  const listing: Listing = { files: new Map(), folders: new Set() }
  // Buffers, because a string would hide which names are not UTF-8; the types know strings only.
  const folder = await opendir(absPath, { encoding: 'buffer' as never, bufferSize: READ_AHEAD })
  let pending: string[] = []
  for await (const entry of folder as AsyncIterable<Dirent<string | Buffer>>) {
    await options.slices.breathe(options.signal)
    const bytes = entry.name as Buffer
    const name = bytes.toString()
    if (!isUtf8(bytes)) {
      options.onBadName(name)
      continue
    }
    if (!options.accept(name)) continue
    if (entry.isDirectory()) listing.folders.add(name)
    else if (entry.isSymbolicLink()) onSkipped?.(name, 'symbolic link')
    else if (isSpecial(entry)) onSkipped?.(name, 'special file')
    else pending.push(name)
    if (pending.length >= STATS_AT_ONCE) {
      await statAll(pending, { absPath, listing, onSkipped })
      pending = []
    }
  }
  await statAll(pending, { absPath, listing, onSkipped })
  return listing
}

/** Some file systems do not tell the kind: then none of these holds and the stat decides. */
function isSpecial(entry: Dirent<string | Buffer>): boolean {
  return entry.isSocket() || entry.isFIFO() || entry.isBlockDevice() || entry.isCharacterDevice()
}

async function statAll(
  names: readonly string[],
  { absPath, listing, onSkipped }: Pick<ListingOptions, 'onSkipped'> & { absPath: string; listing: Listing },
): Promise<void> {
  await Promise.all(
    names.map(async (name) => {
      try {
        const stat = await lstat(join(absPath, name))
        if (stat.isFile()) listing.files.set(name, toDiskStat(stat))
        else if (stat.isDirectory()) listing.folders.add(name)
        else onSkipped?.(name, stat.isSymbolicLink() ? 'symbolic link' : 'special file')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') onSkipped?.(name, 'unreadable')
      }
    }),
  )
}

/** The path's own stat (never that of a link's target); undefined when nothing can be said of it, be it gone or out of reach. */
export async function statOrNothing(absPath: string): Promise<Stats | undefined> {
  try {
    return await lstat(absPath)
  } catch {
    return undefined
  }
}

export const toDiskStat = ({ size, mtimeMs, ino, ctimeMs }: Stats): DiskStat => ({
  size,
  mtimeMs,
  ino,
  ctimeMs,
})
