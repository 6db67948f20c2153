import { gauge, type ReadMetric } from './metric.ts'

/** What every Shoal process tells of itself. */
export function processMetrics(facts: { version: string; uptimeMs: () => number }): ReadMetric[] {
  return [
    {
      type: 'gauge',
      name: 'shoal_build_info',
      help: 'Always 1; the version stands in the label.',
      labels: ['version'],
      read: () => [[1, facts.version]],
    },
    gauge('shoal_uptime_seconds', 'Time since the start.', () => facts.uptimeMs() / 1000),
  ]
}
