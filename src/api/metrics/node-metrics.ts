import type { Histogram } from '../../base/histogram.ts'
import type { StreamHub } from '../events/streams.ts'
import type { NodePort, NodeStatus } from '../node-port.ts'
import { processMetrics } from './common.ts'
import { counterMetrics } from './counter-metrics.ts'
import { requestMetric } from './http.ts'
import { byLabel, gauge, histogramMetric, type Metric, type ReadMetric, type Sample } from './metric.ts'

/** States are told also while nothing is in them: a graph without gaps. */
const DOWNLOAD_STATES = [
  ...['queued', 'resolving', 'running', 'paused'],
  ...['finishing', 'done', 'failed', 'cancelled'],
] as const
const PEER_STATES = ['alive', 'suspect', 'dead', 'left', 'known'] as const

export interface NodeMetricSources {
  readonly port: NodePort
  readonly streams: Pick<StreamHub, 'size'>
  readonly requests: Histogram
}

/** All metrics of a node. Each is read from what the API tells anyway. */
export function nodeMetrics({ port, streams, requests }: NodeMetricSources): Metric[] {
  const { searches, counters } = port.metrics
  const status = onceATurn(() => port.status())
  return [
    ...processMetrics({ version: status().version, uptimeMs: () => status().uptimeMs }),
    ...libraryMetrics(status),
    ...networkMetrics(status, port),
    ...transferMetrics(status),
    ...replicaMetrics(status),
    {
      ...{ type: 'counter', name: 'shoal_dialect_calls_total', labels: ['dialect', 'result'] },
      help: 'Calls of clients of other systems, by dialect and by what became of them.',
      read: () =>
        status().dialects.flatMap(({ name, calls }) =>
          Object.entries(calls).map(([result, value]): Sample => [value, name, result]),
        ),
    },
    ...(counters ? counterMetrics(counters) : []),
    histogramMetric(
      'shoal_search_duration_seconds',
      'Searches made here and the time until each locator was done with them, by locator.',
      searches,
    ),
    requestMetric(requests),
    gauge(
      'shoal_http_streams',
      'Streams of events, searches and progress that are open.',
      () => streams.size,
    ),
  ]
}

type ReadStatus = () => NodeStatus

/** All metrics are read in one turn of the event loop; the status, which counts peers and downloads, need be made once for them. */
function onceATurn<T>(read: () => T): () => T {
  let known: { value: T } | undefined
  return () => {
    if (known) return known.value
    const value = read()
    known = { value }
    setImmediate(() => {
      known = undefined
    })
    return value
  }
}

function libraryMetrics(status: ReadStatus): ReadMetric[] {
  const library = () => status().library
  const hashing = () => library().hashing
  return [
    gauge('shoal_library_files', 'Files that are shared.', () => library().files),
    gauge('shoal_library_folders', 'Folders that are shared.', () => library().folders),
    gauge('shoal_library_bytes', 'Size of all files that are shared.', () => library().sizeBytes),
    gauge('shoal_library_damaged_files', 'Files whose bytes are wrong.', () => library().damaged),
    gauge('shoal_hashing_files', 'Files that wait for hashing or are hashed.', () => hashing()?.files ?? 0),
    gauge('shoal_hashing_remaining_bytes', 'Bytes that are still to be hashed.', () => {
      const { bytesTotal = 0, bytesDone = 0 } = hashing() ?? {}
      return bytesTotal - bytesDone
    }),
  ]
}

function replicaMetrics(status: ReadStatus): ReadMetric[] {
  const replicas = () => status().replicas
  return [
    gauge('shoal_replica_orders', 'Orders of copies at other peers that last.', () => replicas().ordered),
    gauge(
      'shoal_replica_orders_short',
      'Of them, those with fewer live copies than wanted.',
      () => replicas().short,
    ),
    gauge('shoal_replicas_kept', 'Copies that are kept for others.', () => replicas().kept),
    gauge('shoal_replicas_kept_bytes', 'Size of these copies.', () => replicas().keptBytes),
  ]
}

function networkMetrics(status: ReadStatus, port: NodePort): ReadMetric[] {
  const network = () => status().network ?? undefined
  return [
    byLabel('gauge', { name: 'shoal_peers', help: 'Known peers, by state.', label: 'state' }, () => {
      const counts = new Map<string, number>()
      for (const { state } of port.peers()) counts.set(state, (counts.get(state) ?? 0) + 1)
      return PEER_STATES.map((state): Sample => [counts.get(state) ?? 0, state])
    }),
    gauge('shoal_neighbours', 'Peers with whom a stream is open.', () => network()?.neighbours),
    gauge('shoal_zone_size', 'Peers in the own zone, this one too.', () => network()?.zoneSize),
    gauge('shoal_network_size', 'Peers in the network, as far as it can be told.', () => network()?.size),
    gauge('shoal_dht_contacts', 'Peers of the DHT that are known.', () => status().dht.contacts),
  ]
}

function transferMetrics(status: ReadStatus): ReadMetric[] {
  const uploads = () => status().uploads
  return [
    byLabel('gauge', { name: 'shoal_downloads', help: 'Downloads, by state.', label: 'state' }, () => {
      const { downloads } = status()
      return DOWNLOAD_STATES.map((state): Sample => [downloads[state] ?? 0, state])
    }),
    gauge('shoal_upload_slots', 'Peers that may be served at once.', () => uploads().slots),
    gauge('shoal_uploads_active', 'Peers that are served.', () => uploads().active),
    gauge('shoal_uploads_queued', 'Peers that wait to be served.', () => uploads().queued),
  ]
}
