import { formatDuration } from '../../../base/units.ts'
import { checkOf, count, type DoctorCheck, named } from '../check.ts'
import type { ClockSample } from '../facts.ts'

/** Peers take each other's records for current within this (SKEW_MS of membership), ms; less does no harm. */
const TOLERANCE_MS = 60_000
/** Records hold for an hour and are renewed at half of it: who is further off drops those of all others again and again, ms. */
const BROKEN_MS = 30 * 60_000

const FIX =
  'Let the system set the clock: sudo timedatectl set-ntp true (Linux with systemd), or automatic date and time in the system settings.'

/** The own wall clock against those of others. One that is off alone is taken for the wrong one; the own one when most differ. */
export function clockCheck(samples: readonly ClockSample[]): DoctorCheck {
  const { ok, skipped, warn, broken } = checkOf('clock', 'Clock')
  if (samples.length === 0)
    return skipped(
      'Nobody has told the time: no neighbour, and no index server that is configured by its http:// address.',
    )
  const off = samples.filter((sample) => offMs(sample) > TOLERANCE_MS)
  const [first] = off
  if (!first || off.length * 2 <= samples.length) {
    const exactMs = Math.min(
      ...samples.map(({ lowMs, highMs }) => Math.max(Math.abs(lowMs), Math.abs(highMs))),
    )
    const others = first ? ` Other clocks are off: ${named(off.map(({ from }) => from))}.` : ''
    const agreeing = count(samples.length - off.length, 'other clock')
    return ok(`Agrees with ${agreeing}, to within ${formatDuration(exactMs)}.${others}`)
  }
  const apartMs = median(off.map(offMs))
  const direction = first.lowMs > 0 ? 'behind' : 'ahead of'
  const whose = samples.length === 1 ? `that of ${first.from}` : `${off.length} of ${samples.length} others`
  const detail = `This clock is ${formatDuration(apartMs)} or more ${direction} ${whose}.`
  return apartMs > BROKEN_MS
    ? broken(`${detail} Peers take each other's records for outdated.`, FIX)
    : warn(detail, FIX)
}

/** The least by which the two clocks can be apart, ms; 0 when they may agree. */
export function offMs({ lowMs, highMs }: ClockSample): number {
  return Math.max(0, lowMs, -highMs)
}

/** True when it is further off than does no harm. */
export const isClockOff = (sample: ClockSample): boolean => offMs(sample) > TOLERANCE_MS

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)]!
}
