/** Upper bounds of buckets for durations, seconds: from what is answered from memory to what a person waits for. */
export const DURATION_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

/** What was observed under one set of labels. */
export interface HistogramRow {
  /** Values of the labels, in the order of their names. */
  readonly labels: readonly string[]
  /** Observations by bucket, the last one without an upper bound; not cumulative. */
  readonly buckets: readonly number[]
  readonly count: number
  readonly sum: number
}

interface Row {
  labels: readonly string[]
  buckets: number[]
  count: number
  sum: number
}

/** Under which the rest is counted when there are too many sets of labels. */
export const OTHER = 'other'

export interface HistogramOptions {
  readonly labels: readonly string[]
  /** Ascending. Default {@link DURATION_BUCKETS_SECONDS}. */
  readonly bounds?: readonly number[]
  /** Most sets of labels; further ones are counted together, all their labels {@link OTHER}. Default 256. */
  readonly maxRows?: number
}

/** Counts of values by size and labels: an observation costs two look-ups, and nothing has to be loaded for it. */
export class Histogram {
  readonly labels: readonly string[]
  readonly bounds: readonly number[]
  readonly #maxRows: number
  readonly #rows = new Map<string, Row>()

  constructor({ labels, bounds = DURATION_BUCKETS_SECONDS, maxRows = 256 }: HistogramOptions) {
    this.labels = labels
    this.bounds = bounds
    this.#maxRows = maxRows
  }

  observe(labels: readonly string[], value: number): void {
    const row = this.#row(labels)
    const found = this.bounds.findIndex((bound) => value <= bound)
    row.buckets[found < 0 ? this.bounds.length : found]! += 1
    row.count += 1
    row.sum += value
  }

  rows(): readonly HistogramRow[] {
    return [...this.#rows.values()]
  }

  #row(labels: readonly string[]): Row {
    const key = labels.join('\u0000')
    const known = this.#rows.get(key)
    if (known) return known
    const others = this.labels.map(() => OTHER)
    if (this.#rows.size >= this.#maxRows && key !== others.join('\u0000')) return this.#row(others)
    const row = { labels, buckets: new Array<number>(this.bounds.length + 1).fill(0), count: 0, sum: 0 }
    this.#rows.set(key, row)
    return row
  }
}
