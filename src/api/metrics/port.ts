import type { Histogram } from '../../base/histogram.ts'

/** What the metrics need of a node beside its status: what somebody counts while it happens. */
export interface MetricsPort {
  /** Seconds that searches made here took, by locator. */
  readonly searches: Histogram
  /** Sums since the start; undefined where nobody counts them, and then there are no metrics of them. */
  readonly counters?: (() => NodeCounters) | undefined
}

/** Sums since the start of the node. */
export interface NodeCounters {
  /** Block bytes sent to other peers. */
  readonly uploadedBytes: number
  /** Block bytes received and verified. */
  readonly downloadedBytes: number
  readonly blocksVerified: number
  /** Blocks that did not come or were wrong, by reason: a word of a short list. */
  readonly blockFailures: Readonly<Record<string, number>>
  readonly downloadsDone: number
  readonly downloadsFailed: number
  /** Messages that went for searches made here, by locator. */
  readonly messages: Readonly<Record<string, number>>
  /** Searches of others, by locator. */
  readonly queries: Readonly<
    Record<string, { readonly received: number; readonly answered: number; readonly dropped: number }>
  >
}

/** Labels of {@link MetricsPort.searches}. */
export const SEARCH_LABELS = ['locator'] as const
