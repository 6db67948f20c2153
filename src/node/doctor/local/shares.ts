import { constants } from 'node:fs'
import { access, opendir, stat } from 'node:fs/promises'
import { checkOf, count, type DoctorCheck, named, shellWord } from '../check.ts'
import { reason } from './read-folder.ts'

/** One configured share; `state` as it was found. */
export interface ShareFacts {
  readonly path: string
  readonly state: 'ok' | 'missing' | 'denied' | 'failed'
  readonly problem?: string
}

/** Shares that are looked at, the first ones. */
const MAX_SHARES = 100

/** Whether each configured share can be read. */
export function sharesCheck(shares: readonly ShareFacts[]): DoctorCheck {
  const { ok, broken } = checkOf('shares', 'Shares')
  if (shares.length === 0) return ok('None is configured; files can be shared with: shoal add PATH')
  const bad = shares.filter(({ state }) => state !== 'ok')
  if (bad.length === 0) return ok(`${count(shares.length, 'configured share')} can be read.`)
  const missing = bad.filter(({ state }) => state === 'missing').map(({ path }) => path)
  const denied = bad.filter(({ state }) => state === 'denied').map(({ path }) => path)
  const failed = bad
    .filter(({ state }) => state === 'failed')
    .map(({ path, problem }) => `${path} (${problem})`)
  const details = [
    missing.length > 0 && `Not there: ${named(missing)}.`,
    denied.length > 0 && `May not be read: ${named(denied)}.`,
    failed.length > 0 && `Cannot be read: ${named(failed)}.`,
  ]
  const fixes = [
    missing.length > 0 &&
      'Connect the disk, make the folder, or take it out of "shares" in config.json (or --share).',
    denied.length > 0 && `Let the user who runs the node read it: chmod -R u+rX ${shellWord(denied[0]!)}`,
    failed.length > 0 && 'Look at the disk, or at the server it is mounted from.',
  ]
  return broken(details.filter(Boolean).join(' '), fixes.filter(Boolean).join(' '))
}

export function readShares(paths: readonly string[]): Promise<ShareFacts[]> {
  return Promise.all(
    paths.slice(0, MAX_SHARES).map(async (path) => {
      try {
        if ((await stat(path)).isDirectory()) await (await opendir(path)).close()
        else await access(path, constants.R_OK)
        return { path, state: 'ok' as const }
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code === 'ENOENT' || code === 'ENOTDIR') return { path, state: 'missing' as const }
        if (code === 'EACCES' || code === 'EPERM') return { path, state: 'denied' as const }
        return { path, state: 'failed' as const, problem: reason(error) }
      }
    }),
  )
}
