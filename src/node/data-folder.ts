import { accessSync, constants, mkdirSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { ShoalError } from '../base/errors.ts'
import { defaultDataDir } from '../base/paths.ts'

type Env = Record<string, string | undefined>

/** Where a node keeps what it needs. */
export interface DataFolder {
  readonly root: string
  readonly config: string
  readonly catalogue: string
  readonly state: string
  /** Where downloads go unless the configuration says otherwise. */
  readonly downloads: string
}

/**
 * The data folder, made when missing (0700).
 *
 * @param dataDir given with --data; undefined for the XDG places
 * @throws ShoalError PERMISSION_DENIED or IO when it cannot be made or written
 */
export function openDataFolder(dataDir: string | undefined, env: Env): DataFolder {
  const root = dataDir === undefined ? defaultDataDir(env) : resolve(dataDir)
  const configHome = env.XDG_CONFIG_HOME?.startsWith('/') ? env.XDG_CONFIG_HOME : join(homedir(), '.config')
  const inRoot = dataDir !== undefined
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 })
    if (!inRoot) mkdirSync(join(configHome, 'shoal'), { recursive: true, mode: 0o700 })
    accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    const reason = `The data folder ${root} cannot be used: ${(error as Error).message}. Give another one with --data.`
    throw new ShoalError('PERMISSION_DENIED', reason, { cause: error })
  }
  if (!statSync(root).isDirectory())
    throw new ShoalError('IO', `${root} is not a folder. Give a folder with --data.`)
  return {
    root,
    config: inRoot ? join(root, 'config.json') : join(configHome, 'shoal', 'config.json'),
    catalogue: join(root, 'catalogue.db'),
    state: join(root, 'state.db'),
    downloads: inRoot ? join(root, 'downloads') : join(userDownloads(env, configHome), 'Shoal'),
  }
}

/** The user's download folder as the desktop has it (xdg-user-dirs), else ~/Downloads. */
function userDownloads(env: Env, configHome: string): string {
  if (env.XDG_DOWNLOAD_DIR?.startsWith('/')) return env.XDG_DOWNLOAD_DIR
  try {
    const text = readFileSync(join(configHome, 'user-dirs.dirs'), 'utf8')
    const path = /^XDG_DOWNLOAD_DIR="([^"]+)"/m.exec(text)?.[1]?.replace('$HOME', homedir())
    if (path?.startsWith('/')) return path
  } catch {
    // No such file on most servers.
  }
  return join(homedir(), 'Downloads')
}
