import type { Metric as LibraryMetric, Registry } from 'prom-client'
import type { HistogramMetric, Metric } from './metric.ts'

/** How often the event loop's lag is measured once somebody has asked, ms: the library's 10 would wake an idle node 100 times a second. */
const LAG_PRECISION_MS = 50

/** Media type of the text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/). */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** The metrics of one part of a process as Prometheus reads them. The library is loaded when it is asked for the first time. */
export class Exposition {
  readonly #metrics: () => readonly Metric[]
  #registry: Promise<Registry> | undefined

  /** @param metrics asked once */
  constructor(metrics: () => readonly Metric[]) {
    this.#metrics = metrics
  }

  /** All metrics now, and those of the process: memory, processor, event loop. */
  async text(): Promise<string> {
    this.#registry ??= newRegistry(this.#metrics())
    return (await this.#registry).metrics()
  }
}

async function newRegistry(metrics: readonly Metric[]): Promise<Registry> {
  const { default: library } = await import('prom-client')
  const registry = new library.Registry()
  for (const metric of metrics) {
    if (metric.type === 'histogram') {
      registry.registerMetric(asLibraryMetric(metric))
      continue
    }
    const { name, help, labels, read } = metric
    const Type = metric.type === 'gauge' ? library.Gauge : library.Counter
    new Type({
      ...{ name, help, labelNames: [...labels], registers: [registry] },
      async collect() {
        const samples = await read()
        this.reset()
        // A metric without labels is 0 after a reset; one that cannot be told is left out.
        if (labels.length === 0) this.remove()
        for (const [value, ...values] of samples) this.inc(labelled(labels, values), value)
      },
    })
  }
  library.collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LAG_PRECISION_MS })
  return registry
}

const labelled = (names: readonly string[], values: readonly string[]) =>
  Object.fromEntries(names.map((name, index) => [name, values[index]!]))

/** The registry asks a metric for no more than this. */
function asLibraryMetric({ name, help, labels, histogram }: HistogramMetric): LibraryMetric {
  const get = async () => {
    const values = histogram.rows().flatMap((row) => {
      const named = labelled(labels, row.labels)
      let below = 0
      const buckets = row.buckets.map((count, index) => {
        below += count
        const le = histogram.bounds[index] ?? '+Inf'
        return { metricName: `${name}_bucket`, labels: { ...named, le }, value: below }
      })
      return [
        ...buckets,
        { metricName: `${name}_sum`, labels: named, value: row.sum },
        { metricName: `${name}_count`, labels: named, value: row.count },
      ]
    })
    return { name, help, type: 'histogram', aggregator: 'sum', values }
  }
  return { name, get } as unknown as LibraryMetric
}
