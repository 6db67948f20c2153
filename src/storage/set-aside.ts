import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** How many damaged copies of one database are kept for people who want to look; older ones go. */
const MAX_KEPT = 3

const COMPANIONS = ['', '-wal', '-shm']

/**
 * Moves a damaged database and its companions out of the way, to `NAME.damaged-TIMESTAMP`. The -wal must go with it: replayed
 * over an empty database it would bring the damage back.
 *
 * @param nowMs ms since the Unix epoch, for the name
 * @returns where the database is now
 */
export function setAside(path: string, nowMs: number): string {
  const stamp = new Date(nowMs).toISOString().replace(/[-:]/g, '').replace('.', '')
  let target = `${path}.damaged-${stamp}`
  for (let n = 1; existsSync(target); n++) target = `${path}.damaged-${stamp}-${n}`
  for (const suffix of COMPANIONS) {
    if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix)
  }
  prune(path)
  return target
}

function prune(path: string): void {
  const prefix = `${basename(path)}.damaged-`
  const kept = readdirSync(dirname(path))
    .filter((name) => name.startsWith(prefix) && !/-(wal|shm)$/.test(name))
    .sort()
  for (const name of kept.slice(0, -MAX_KEPT)) {
    for (const suffix of COMPANIONS) rmSync(join(dirname(path), name + suffix), { force: true })
  }
}
