import { type Histogram, OTHER } from '../../base/histogram.ts'

/** One value of a metric; the labels stand in the order of their names. */
export type Sample = readonly [value: number, ...labels: string[]]

/** Names after https://prometheus.io/docs/practices/naming/: base units, counters end with `_total`. */
interface Described {
  readonly name: string
  /** What it says, for people; one line. */
  readonly help: string
  /** Names of the labels. */
  readonly labels: readonly string[]
}

/** Read when somebody asks, from what is counted anyway. */
export interface ReadMetric extends Described {
  readonly type: 'gauge' | 'counter'
  /** No sample where there is nothing to tell. */
  read(): Iterable<Sample> | Promise<Iterable<Sample>>
}

export interface HistogramMetric extends Described {
  readonly type: 'histogram'
  readonly histogram: Histogram
}

export type Metric = ReadMetric | HistogramMetric

/** Most values of a label that come from elsewhere than a list in the code. */
const MAX_LABEL_VALUES = 32

export function gauge(name: string, help: string, read: () => number | undefined): ReadMetric {
  return { type: 'gauge', name, help, labels: [], read: () => one(read()) }
}

const one = (value: number | undefined): Sample[] => (value === undefined ? [] : [[value]])

/** A gauge or counter with one label. */
export function byLabel(
  type: ReadMetric['type'],
  { name, help, label }: { name: string; help: string; label: string },
  read: () => Iterable<Sample>,
): ReadMetric {
  return { type, name, help, labels: [label], read }
}

/** Counts by name as samples; beyond {@link MAX_LABEL_VALUES} names the rest is told as one. */
export function samplesOf(counts: Readonly<Record<string, number>>): Sample[] {
  const rows = Object.entries(counts)
  const samples: Sample[] = rows.slice(0, MAX_LABEL_VALUES).map(([name, value]) => [value, name])
  const rest = rows.slice(MAX_LABEL_VALUES)
  if (rest.length > 0) samples.push([rest.reduce((sum, [, value]) => sum + value, 0), OTHER])
  return samples
}

/** A metric that is a histogram kept elsewhere. */
export function histogramMetric(name: string, help: string, histogram: Histogram): HistogramMetric {
  return { type: 'histogram', name, help, labels: histogram.labels, histogram }
}
