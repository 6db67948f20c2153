import { formatBytes, formatDuration, formatRate } from '../../src/base/units.ts'

export { formatBytes, formatDuration, formatRate }

/** `a file`, `3 files`. */
export const countOf = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString()} ${count === 1 ? one : many}`

/** `12 s ago`, `3 min ago`, `yesterday`; a date when it is long ago. */
export function formatAgo(thenMs: number, nowMs = Date.now()): string {
  const seconds = Math.round((nowMs - thenMs) / 1000)
  if (thenMs === 0) return 'never'
  if (seconds < 2) return 'now'
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`
  if (seconds < 7 * 86_400) return `${countOf(Math.floor(seconds / 86_400), 'day')} ago`
  return new Date(thenMs).toLocaleDateString()
}

/** Time left, for people: coarse, since it is a guess. */
export function formatEta(ms: number | undefined): string {
  if (ms === undefined || !Number.isFinite(ms)) return ''
  const seconds = Math.ceil(ms / 1000)
  if (seconds < 60) return `${seconds} s left`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s left`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min left`
  return `${countOf(Math.floor(seconds / 86_400), 'day')} left`
}

export const formatPercent = (done: number, total: number): string =>
  total === 0 ? '' : `${Math.floor((100 * done) / total)} %`
