import type { FileStat } from '../storage/catalogue-types.ts'

/** A stat with the time of the last change to file or inode, which programs cannot set. */
export interface DiskStat extends FileStat {
  readonly ctimeMs: number
}

/** What was seen of a file that has not settled. */
export interface Sighting {
  readonly stat: DiskStat
  /** Since when it has been like this, ms on the steady clock. */
  readonly sinceMs: number
}

/**
 * True when the file's own times say that nothing wrote to it for `settleMs`: it need not be watched first. Times in the future say nothing.
 *
 * @param nowMs ms since the Unix epoch
 */
export function isOld(stat: DiskStat, nowMs: number, settleMs: number): boolean {
  return nowMs - Math.max(stat.mtimeMs, stat.ctimeMs) >= settleMs
}

/**
 * What to do about a file that was seen before: import it, wait on, or begin to wait again because it changed.
 *
 * @param stat as it is now @param steadyMs now on the steady clock
 */
export function settleVerdict(
  seen: Sighting,
  stat: DiskStat,
  { steadyMs, settleMs }: { steadyMs: number; settleMs: number },
): 'ready' | 'wait' | 'again' {
  const before = seen.stat
  const changed = stat.size !== before.size || stat.mtimeMs !== before.mtimeMs || stat.ino !== before.ino
  if (changed) return 'again'
  return steadyMs - seen.sinceMs >= settleMs ? 'ready' : 'wait'
}
