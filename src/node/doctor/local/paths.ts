import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { defaultDataDir, type Environment } from '../../../base/paths.ts'

/** Where a node on this folder would keep things. */
export interface LocalPaths {
  readonly root: string
  readonly config: string
  /** Where downloads go unless the configuration says otherwise. */
  readonly downloads: string
}

/** The places that openDataFolder opens, with nothing made; a test holds the two together. @param dataDir as given with --data */
export function localPaths(dataDir: string | undefined, env: Environment): LocalPaths {
  if (dataDir !== undefined) {
    const root = resolve(dataDir)
    return { root, config: join(root, 'config.json'), downloads: join(root, 'downloads') }
  }
  const configHome = env.XDG_CONFIG_HOME?.startsWith('/') ? env.XDG_CONFIG_HOME : join(homedir(), '.config')
  return {
    root: defaultDataDir(env),
    config: join(configHome, 'shoal', 'config.json'),
    downloads: join(userDownloads(env, configHome), 'Shoal'),
  }
}

function userDownloads(env: Environment, configHome: string): string {
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
