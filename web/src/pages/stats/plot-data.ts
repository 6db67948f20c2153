import { formatBytes } from '../../../../src/base/units.ts'
import type { Series } from '../../api/types.ts'

/** Lists of a series, by name. */
export type SeriesKey = Exclude<keyof Series, 'stepMs' | 'endMs'>

/** How values of a plot are counted: as amounts of a step, as bytes a second, or as levels. */
export type Unit = 'amount' | 'rate' | 'level'

/** When each step ended, seconds since the Unix epoch. */
export function timesOf({ stepMs, endMs, peersAlive }: Series): number[] {
  const steps = peersAlive.length
  return Array.from({ length: steps }, (_, index) => (endMs - (steps - 1 - index) * stepMs) / 1000)
}

/** The values of one list: a rate is an amount divided by the length of its step. */
export function valuesOf(series: Series, key: SeriesKey, unit: Unit): number[] {
  return unit === 'rate' ? series[key].map((amount) => amount / (series.stepMs / 1000)) : [...series[key]]
}

/** From the past to now, seconds: as wide as the ring that the node keeps, however little is in it yet. */
export function spanOf({ endMs }: Series, spanMs: number): [from: number, to: number] {
  return [(endMs - spanMs) / 1000, endMs / 1000]
}

/** Least height of the scale: what happens once is no peak. */
const LEAST: Readonly<Record<Unit, number>> = { amount: 4, rate: 1024, level: 4 }

/** The scale upwards: from nothing to a little more than the most. */
export function scaleOf(most: number | null | undefined, unit: Unit): [number, number] {
  return [0, Math.max(LEAST[unit], (Number.isFinite(most) ? Number(most) : 0) * 1.08)]
}

/** Distances between marks of the scale: whole KiB and MiB, or 1, 2 and 5. */
export function stepsOf(unit: Unit): number[] {
  if (unit === 'rate') return Array.from({ length: 50 }, (_, power) => 2 ** power)
  return Array.from({ length: 12 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat()
}

/** A value at a mark, short: `16 KiB/s`, `1,000`. */
export function markText(value: number, unit: Unit): string {
  if (unit !== 'rate') return value.toLocaleString()
  return `${formatBytes(value).replace(/\.0+(?= )/, '')}/s`
}

/** The last steps as rows, the newest first: for who cannot see the plots. */
export function lastRows(
  series: Series,
  count: number,
): { atMs: number; values: Readonly<Record<SeriesKey, number>> }[] {
  const { stepMs, endMs, ...lists } = series
  const keys = Object.keys(lists) as SeriesKey[]
  const steps = series.peersAlive.length
  return Array.from({ length: Math.min(count, steps) }, (_, back) => ({
    atMs: endMs - back * stepMs,
    values: Object.fromEntries(keys.map((key) => [key, series[key][steps - 1 - back] ?? 0])) as Record<
      SeriesKey,
      number
    >,
  }))
}
