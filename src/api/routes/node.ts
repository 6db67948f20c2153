import Type from 'typebox'
import type { Api, ApiContext } from '../context.ts'
import { SSE } from '../events/framing.ts'
import { about, answers, NEEDS_TOKEN, streams } from '../operation.ts'
import { DebugState, Health, Status } from '../schemas/node.ts'

/** Status, events and inner state of the node. */
export function nodeRoutes(app: Api, { port, streams: hub, events, isOwner }: ApiContext): void {
  app.get(
    '/api/v1/status',
    { schema: { ...about('node', 'The node at a glance'), response: answers(Status, 'The node') } },
    () => port.status(),
  )

  app.get(
    '/api/v1/events',
    {
      exposeHeadRoute: false,
      schema: {
        ...about(
          'node',
          'What happens in the node',
          'Server-sent events named library, download, download-removed, peer, search, verify, config and so on, with JSON data. After a break send the last id as Last-Event-ID (browsers do): missed events come first, or `reset` when some are lost. `wish` and `replica` (an order of copies, as GET /api/v1/replicas has it, after a change) come only to who sends the token.',
        ),
        headers: Type.Object({
          'last-event-id': Type.Optional(
            Type.String({ maxLength: 64, description: 'Id of the last event seen' }),
          ),
        }),
        response: {
          ...streams(Type.Unknown(), { description: 'Events, without end', sse: true }),
          200: {
            description: 'Events, without end',
            content: { 'text/event-stream': { schema: Type.String() } },
          },
        },
      },
    },
    (request, reply) =>
      hub.send(reply, {
        framing: SSE,
        headAtOnce: true,
        open: (signal) =>
          events.read(request.headers['last-event-id'], {
            signal,
            isOwner: isOwner(request.headers.authorization),
          }),
      }),
  )

  app.get(
    '/api/v1/debug',
    {
      config: { secret: true },
      schema: {
        ...about('service', 'Inner state, for whoever looks for a fault', 'Its form is no promise.'),
        ...NEEDS_TOKEN,
        response: answers(DebugState, 'Inner state by part'),
      },
    },
    () => ({ ...port.debug(), api: { streams: hub.size, events: events.getDebugState() } }),
  )

  app.get(
    '/healthz',
    { schema: { ...about('service', 'Whether the node runs'), response: answers(Health, 'It runs') } },
    () => ({ status: 'ok' }),
  )
}
