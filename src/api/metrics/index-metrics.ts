import type { Histogram } from '../../base/histogram.ts'
import type { IndexRegistry } from '../../index/registry.ts'
import type { RateLimiter } from '../../index/token-bucket.ts'
import { processMetrics } from './common.ts'
import { requestMetric } from './http.ts'
import { byLabel, gauge, type Metric, samplesOf } from './metric.ts'

export interface IndexMetricSources {
  readonly registry: IndexRegistry
  /** Logins over HTTP. */
  readonly loginRate: Pick<RateLimiter, 'refused'>
  readonly version: string
  readonly uptimeMs: () => number
  readonly requests: Histogram
}

/** All metrics of an index server. */
export function indexMetrics(sources: IndexMetricSources): Metric[] {
  const { registry, loginRate, version, uptimeMs, requests } = sources
  const load = () => registry.load()
  const asked = { name: 'shoal_index_requests_total', label: 'kind' }
  const limited = { name: 'shoal_index_rate_limited_total', label: 'kind' }
  return [
    ...processMetrics({ version, uptimeMs }),
    gauge('shoal_index_sessions', 'Peers that are online.', () => registry.stats().peers),
    gauge('shoal_index_entries', 'Entries of the peers that are online.', () => registry.stats().entries),
    gauge('shoal_index_known_peers', 'Peers that are known, online or not.', () => load().known),
    gauge(
      'shoal_index_publications',
      'Publications and withdrawals that are under way.',
      () => load().publications,
    ),
    gauge('shoal_index_waiting_searches', 'Searches that wait for a thread.', () => load().waitingSearches),
    gauge('shoal_index_pending_writes', 'Changes that wait to be written.', () => load().pendingWrites),
    byLabel('counter', { ...asked, help: 'Requests over gRPC and HTTP, by kind.' }, () =>
      samplesOf(registry.requests),
    ),
    byLabel('counter', { ...limited, help: 'Requests refused because they came too fast, by kind.' }, () => {
      const { search, login } = registry.refused
      return samplesOf({ search, login: login + loginRate.refused })
    }),
    {
      ...{ type: 'gauge', name: 'shoal_index_database_bytes', labels: [] },
      help: 'Size of the database, with what is not yet checked in.',
      read: async () => [[await registry.databaseBytes()]],
    },
    requestMetric(requests),
  ]
}
