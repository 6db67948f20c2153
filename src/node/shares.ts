import { existsSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ShoalError, toShoalError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { Library } from '../library/library.ts'
import type { ConfigStore } from './config-store.ts'
import type { NodeConfig } from './settings.ts'

export interface FollowShares {
  store: ConfigStore<NodeConfig>
  library: Library
  log: Logger
}

/**
 * A share that is given on the command line and is not there is a slip of the pen, best told at once. One that was
 * shared before may lie on a disk that is away.
 *
 * @throws ShoalError INVALID_CONFIG
 */
export function checkSharesExist({ store, library }: Pick<FollowShares, 'store' | 'library'>): void {
  if (store.sources.shares !== 'flag') return
  const known = new Set(library.shares().map((share) => share.path))
  const missing = store.current.shares.find((path) => !known.has(path) && !existsSync(path))
  if (missing === undefined) return
  throw new ShoalError('INVALID_CONFIG', `--share ${missing}: there is no such file or folder.`)
}

/**
 * Keeps the library's shares as the configuration wants them, now and when it changes. A share that cannot be shared is
 * reported and disturbs no other; it is tried again with the next change.
 *
 * @returns stops following
 */
export function followShares({ store, library, log }: FollowShares): () => void {
  let last = Promise.resolve()
  const apply = async (wanted: readonly string[]) => {
    // The library knows shares by their real paths.
    const real = new Set(await Promise.all(wanted.map((path) => realpath(path).catch(() => resolve(path)))))
    for (const share of library.shares()) {
      if (share.origin === 'config' && !real.has(share.path)) await library.removeShare(share.path)
    }
    for (const path of wanted) {
      try {
        await library.addShare(path, 'config')
      } catch (error) {
        log.error(
          { path, code: toShoalError(error).code },
          `cannot share ${path}: ${toShoalError(error).message}`,
        )
      }
    }
  }
  const queue = (wanted: readonly string[]) => {
    last = last
      .then(() => apply(wanted))
      .catch((error) => log.error({ err: error }, 'shares could not be changed'))
  }
  queue(store.current.shares)
  return store.changes.on(({ config, changed }) => {
    if (changed.includes('shares')) queue(config.shares)
  })
}
