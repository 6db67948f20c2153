/** Places values on an axis. */
export interface Scale {
  readonly min: number
  readonly max: number
  readonly log: boolean
  /** Where a value lies, in the picture's own units. */
  at(value: number): number
}

export interface ScaleOptions {
  readonly log: boolean
  readonly from: number
  readonly to: number
  readonly max?: number | undefined
  /** From the least to the greatest value; otherwise from 0, or with `log` from a whole decade. */
  readonly tight?: boolean
}

/** An axis for `values`. Values below its beginning are put there: with `log`, 0 is. */
export function scaleOf(
  values: readonly number[],
  { log, from, to, max, tight = false }: ScaleOptions,
): Scale {
  const positive = values.filter((value) => value > 0)
  const least = positive.length === 0 ? 1 : Math.min(...positive)
  const greatest = max ?? Math.max(...values, log ? least * 10 : 0)
  let low = tight ? Math.min(...values) : 0
  let high = greatest > low ? greatest : low + 1
  if (log && !tight) {
    low = 10 ** Math.floor(Math.log10(least))
    high = 10 ** Math.ceil(Math.log10(high))
    if (high <= low) high = low * 10
  }
  const place = log ? Math.log10 : (value: number) => value
  const at = (value: number) => {
    const clamped = Math.min(high, Math.max(low, value))
    return from + ((place(clamped) - place(low)) / (place(high) - place(low))) * (to - from)
  }
  return { min: low, max: high, log, at }
}

/** Round values to write along the axis: decades, or four to six even steps. */
export function axisTicks({ min, max, log }: Scale): number[] {
  const ticks: number[] = []
  if (log) {
    for (let decade = 10 ** Math.ceil(Math.log10(min)); decade <= max * 1.0001; decade *= 10)
      ticks.push(decade)
    return ticks
  }
  const rough = (max - min) / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((size) => size >= rough * 0.999)!
  for (let value = Math.ceil(min / step) * step; value <= max * 1.0001; value += step) {
    ticks.push(Number(value.toPrecision(12)))
  }
  return ticks
}
