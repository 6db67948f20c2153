import type { Api, ApiContext } from '../context.ts'
import { clientSignal } from '../events/client-signal.ts'
import { about, answers, NEEDS_TOKEN } from '../operation.ts'
import { DoctorReport } from '../schemas/node.ts'

/** What works and what does not, as the running node sees it. */
export function doctorRoutes(app: Api, { port }: ApiContext): void {
  app.get(
    '/api/v1/doctor',
    {
      // It names peers and index servers of the settings, and calls them.
      config: { secret: true },
      schema: {
        ...about(
          'service',
          'What works and what does not',
          'The checks that need the running node. It calls the configured peers and index servers, which takes some seconds when one does not answer.',
        ),
        ...NEEDS_TOKEN,
        response: answers(DoctorReport, 'The checks'),
      },
    },
    async (_request, reply) => {
      using client = clientSignal(reply.raw)
      return { checks: await port.doctor(client.signal) }
    },
  )
}
