import { type MetricsPort, type NodeCounters, SEARCH_LABELS } from '../api/metrics/port.ts'
import type { LocatorReport } from '../api/node-port.ts'
import { Histogram } from '../base/histogram.ts'

/** What the metrics read that is no state of a part. */
export class NodeMetrics implements MetricsPort {
  readonly searches = new Histogram({ labels: SEARCH_LABELS })
  /** Who counts bytes and blocks; set by whoever puts the node together, before it listens. */
  counters: (() => NodeCounters) | undefined

  /** Notes what each locator of a search took. */
  searched({ via }: { via: Readonly<Record<string, Pick<LocatorReport, 'ms'>>> }): void {
    for (const [locator, { ms }] of Object.entries(via)) this.searches.observe([locator], ms / 1000)
  }
}
