import type { Download } from '../../api/types.ts'
import { isActive, isEnded } from './words.ts'

const rank = (view: Download): number =>
  isActive(view) ? 0 : view.state === 'queued' ? 1 : view.state === 'paused' ? 2 : 3

/**
 * What the list of downloads shows: those that run, wait or are paused, those that failed, and what ended while the page was looked at. Running ones
 * first, then in the order of the queue; within, the oldest first, so that rows keep their places.
 */
export function currentDownloads(all: Iterable<Download>, seen: ReadonlySet<string>): Download[] {
  const shown = [...all].filter(
    (view) => !isEnded(view) || view.state === 'failed' || (view.state === 'done' && seen.has(view.id)),
  )
  return shown.sort(
    (a, b) =>
      rank(a) - rank(b) || (a.queuePosition ?? 0) - (b.queuePosition ?? 0) || a.createdMs - b.createdMs,
  )
}

export const HISTORY_STATES = { all: 'All', done: 'Done', failed: 'Failed', cancelled: 'Cancelled' } as const
export type HistoryState = keyof typeof HISTORY_STATES

/** Ended downloads whose name has all the words, the one that ended last first. */
export function historyOf(all: Iterable<Download>, state: HistoryState, words: string): Download[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean)
  const ended = [...all].filter((view) => {
    if (!isEnded(view) || (state !== 'all' && view.state !== state)) return false
    const text = `${view.name} ${view.path}`.toLowerCase()
    return wanted.every((word) => text.includes(word))
  })
  return ended.sort((a, b) => (b.finishedMs ?? b.createdMs) - (a.finishedMs ?? a.createdMs))
}

/** Bytes a second of all that run. */
export const rateOf = (rows: Iterable<{ readonly rateBytesPerSecond: number }>): number =>
  [...rows].reduce((sum, { rateBytesPerSecond }) => sum + rateBytesPerSecond, 0)
