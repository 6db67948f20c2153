import { byLabel, type ReadMetric, type Sample, samplesOf } from './metric.ts'
import type { NodeCounters } from './port.ts'

/** What a node counts from its start on. */
export function counterMetrics(counters: () => NodeCounters): ReadMetric[] {
  const bytes = { name: 'shoal_transfer_bytes_total', label: 'direction' }
  const failures = { name: 'shoal_block_failures_total', label: 'reason' }
  const ended = { name: 'shoal_downloads_ended_total', label: 'result' }
  const messages = { name: 'shoal_search_messages_total', label: 'locator' }
  return [
    byLabel('counter', { ...bytes, help: 'Bytes of blocks, up (sent) and down (verified).' }, () => {
      const { uploadedBytes, downloadedBytes } = counters()
      return samplesOf({ up: uploadedBytes, down: downloadedBytes })
    }),
    {
      ...{ type: 'counter', name: 'shoal_blocks_verified_total', labels: [] },
      help: 'Blocks that came and were right.',
      read: () => [[counters().blocksVerified]],
    },
    byLabel('counter', { ...failures, help: 'Sources that gave no more blocks, by reason.' }, () =>
      samplesOf(counters().blockFailures),
    ),
    byLabel('counter', { ...ended, help: 'Downloads that came to an end, done or failed.' }, () => {
      const { downloadsDone, downloadsFailed } = counters()
      return samplesOf({ done: downloadsDone, failed: downloadsFailed })
    }),
    byLabel('counter', { ...messages, help: 'Messages for searches made here, by locator.' }, () =>
      samplesOf(counters().messages),
    ),
    {
      ...{ type: 'counter', name: 'shoal_queries_total', labels: ['locator', 'result'] },
      help: 'Searches of others, by locator: all that were received, those answered with a hit, those dropped.',
      read: () =>
        Object.entries(counters().queries).flatMap(([locator, { received, answered, dropped }]): Sample[] => [
          [received, locator, 'received'],
          [answered, locator, 'answered'],
          [dropped, locator, 'dropped'],
        ]),
    },
  ]
}
