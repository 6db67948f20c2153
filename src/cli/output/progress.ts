import { formatBytes, formatDuration } from '../../base/units.ts'
import { fit } from './width.ts'

/** What a progress line shows of a transfer. */
export interface ProgressFacts {
  /** What is under way, when nothing can be counted yet: `looking for sources`. */
  label?: string
  doneBytes: number
  /** 0 when not known yet. */
  totalBytes: number
  rateBytesPerSecond: number
  etaMs?: number
  /** Peers that bytes come from at the moment. */
  sources?: number
}

const BAR_MIN = 10
const BAR_MAX = 40

/** One line, at most `width` columns: bar, percent, bytes, rate, time left, sources; the bar takes what is left over. */
export function progressLine(facts: ProgressFacts, width: number): string {
  const { doneBytes, totalBytes, rateBytesPerSecond, etaMs, sources, label } = facts
  const share = totalBytes > 0 ? Math.min(1, doneBytes / totalBytes) : 0
  const texts = [
    // Rounded down, so that 100 % is said only when it is all there.
    totalBytes > 0 ? `${String(Math.floor(share * 100)).padStart(3)} %` : undefined,
    totalBytes > 0 ? `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}` : undefined,
    rateBytesPerSecond > 0 ? `${formatBytes(Math.round(rateBytesPerSecond))}/s` : undefined,
    etaMs !== undefined && Number.isFinite(etaMs) ? `${formatDuration(etaMs)} left` : undefined,
    sources === undefined ? undefined : sources === 1 ? '1 source' : `${sources} sources`,
    label,
  ]
  const line = texts.filter((text) => text !== undefined).join('  ')
  const room = Math.min(BAR_MAX, width - line.length - 4)
  if (totalBytes <= 0 || room < BAR_MIN) return fit(line, width)
  return `[${bar(share, room)}]  ${line}`
}

/** `█████▌    `: eighths of a column. */
function bar(share: number, columns: number): string {
  const eighths = Math.floor(share * columns * 8)
  const full = Math.floor(eighths / 8)
  const part = ' ▏▎▍▌▋▊▉'[eighths % 8]!
  return ('█'.repeat(full) + (full < columns ? part : '')).padEnd(columns)
}
