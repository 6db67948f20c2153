import type { DamagedFile, LeftOut, Share } from '../../api/types.ts'

const ORIGINS: Readonly<Record<Share['origin'], string>> = {
  config: 'from the settings',
  user: 'added by you',
  download: 'downloaded',
}

export const originText = (origin: Share['origin']): string => ORIGINS[origin]

/** What is wrong with a file, and what to do. */
export function damageText({ reason, blockCount }: Pick<DamagedFile, 'reason' | 'blockCount'>): {
  what: string
  todo: string
} {
  const again =
    'Get it again from others, or put a good copy in its place: it is then shared again by itself.'
  switch (reason) {
    case 'blocks':
      return {
        what: `${blockCount.toLocaleString()} of its blocks of 1 MiB ${blockCount === 1 ? 'has' : 'have'} other bytes than when it was shared. It is not shared any more.`,
        todo: `The disk may be failing. ${again}`,
      }
    case 'changed':
      return {
        what: 'None of its bytes is as it was, though its size and time are. It is not shared any more.',
        todo: `Was it changed on purpose? Then touch it, and it is shared as it is now. Else: ${again}`,
      }
    case 'unreadable':
      return {
        what: 'The disk does not give all of it.',
        todo: 'See whether the file may be read and whether the disk is well, then verify again.',
      }
    case 'missing':
      return { what: 'It is not there.', todo: 'Is its disk mounted? Else it was moved or deleted.' }
  }
}

/** The folder part of a path below a share; empty at its top. */
export const folderOf = (path: string): string => {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '' : path.slice(0, slash)
}

/** Words as the list is asked for them: while they are typed, the last one may go on. */
export function queryOf(text: string): string {
  const trimmed = text.trim()
  return /[\p{L}\p{N}]$/u.test(text) ? `${trimmed}*` : trimmed
}

const REASONS: Readonly<Record<LeftOut['examples'][number]['reason'], string>> = {
  'temporary name': 'a temporary file',
  hidden: 'hidden: its name begins with a dot',
  removed: 'you stopped sharing it; enter its own path to share it again',
  'own data': 'data of Shoal itself',
  'symbolic link': 'a link; share what it leads to',
  'special file': 'no ordinary file',
  'name is not UTF-8': 'its name is not UTF-8; rename it',
  unreadable: 'it may not be read; see its permissions',
  changed: 'it was being written to; it is shared when that is over',
  gone: 'it went away meanwhile',
  damaged: 'its bytes are damaged; verify tells more',
}

/** Why something is not shared. */
export const leftOutText = (reason: keyof typeof REASONS): string => REASONS[reason]
