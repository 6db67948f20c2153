import Type from 'typebox'
import { ShoalError } from '../../base/errors.ts'
import type { Api } from '../context.ts'
import { Exposition, METRICS_TYPE } from '../metrics/exposition.ts'
import type { Metric } from '../metrics/metric.ts'
import { answers, PROBLEMS } from '../operation.ts'
import type { Readiness } from '../readiness.ts'

const Ready = Type.Object({ status: Type.Literal('ready') })

const METRICS = {
  200: {
    description: 'The metrics',
    content: { 'text/plain': { schema: Type.String({ description: 'Text format 0.0.4' }) } },
  },
  ...PROBLEMS,
}

export interface WatchRoutes {
  readonly metrics: () => readonly Metric[]
  readonly readiness: () => Readiness
}

const service = (summary: string, description: string) => ({ tags: ['service'], summary, description })

/** For whoever watches the process: metrics, and whether it does its work already. The node and the index server have them. */
export function watchRoutes(app: Api, { metrics, readiness }: WatchRoutes): void {
  const exposition = new Exposition(metrics)
  app.get(
    '/metrics',
    {
      schema: {
        ...service('Metrics for Prometheus', 'What they mean stands in docs/METRICS.md.'),
        response: METRICS,
      },
    },
    async (_request, reply) => reply.type(METRICS_TYPE).send(await exposition.text()),
  )

  app.get(
    '/readyz',
    {
      schema: {
        ...service(
          'Whether it does its work',
          'While it starts or stops 503 UNAVAILABLE with details.missing. A process that runs but is not ready yet need not be ended: see /healthz.',
        ),
        response: answers(Ready, 'It is ready'),
      },
    },
    () => {
      const { missing } = readiness()
      if (missing.length > 0)
        throw new ShoalError('UNAVAILABLE', `It is not ready. Missing: ${missing.join(', ')}.`, {
          details: { missing },
        })
      return { status: 'ready' }
    },
  )
}
