import type { FastifyRequest } from 'fastify'
import type { EntryKey } from '../../content/entry.ts'
import type { Api } from '../context.ts'
import { clientSignal } from '../events/client-signal.ts'
import { answers } from '../operation.ts'
import { callerOf, type IndexRestContext } from './context.ts'
import { entryOfBody } from './json.ts'
import { about, NEEDS_TOKEN } from './operation.ts'
import * as schemas from './schemas.ts'

/** Sharing for programs that are not nodes, with the token of a session. */
export function publishRoutes(app: Api, { registry }: IndexRestContext): void {
  app.post(
    '/api/v1/resources',
    {
      schema: {
        ...about(
          'publish',
          'Register entries',
          'At most 1000 at a time. Those that are not valid are left out and counted.',
        ),
        ...NEEDS_TOKEN,
        body: schemas.PublishBody,
        response: answers(schemas.Published, 'Stored'),
      },
      onRequest: async (request) => void callerOf(registry, request),
    },
    async (request, reply) => {
      using client = clientSignal(reply.raw)
      const { entries, ...rest } = request.body
      const batch = { ...rest, entries: entries.map(entryOfBody) }
      const acks = registry.publish(callerOf(registry, request), once(batch), client.signal)
      return (await Array.fromAsync(acks))[0]!
    },
  )

  const withdraw = async (
    request: FastifyRequest,
    signal: AbortSignal,
    batch: { keys: EntryKey[]; revision?: string },
  ) => {
    const removed = await Array.fromAsync(registry.withdraw(callerOf(registry, request), once(batch), signal))
    return { removed: removed[0] ?? 0 }
  }

  app.post(
    '/api/v1/resources/withdraw',
    {
      schema: {
        ...about('publish', 'Take entries back', 'At most 1000 at a time. Only your own can be.'),
        ...NEEDS_TOKEN,
        body: schemas.WithdrawBody,
        response: answers(schemas.Withdrawn, 'Taken back'),
      },
      onRequest: async (request) => void callerOf(registry, request),
    },
    async (request, reply) => {
      using client = clientSignal(reply.raw)
      return await withdraw(request, client.signal, request.body)
    },
  )

  app.delete(
    '/api/v1/resources/:cid',
    {
      schema: {
        ...about('publish', 'Take one entry back'),
        ...NEEDS_TOKEN,
        params: schemas.CidPath,
        querystring: schemas.RemoveParams,
        response: answers(schemas.Withdrawn, 'Taken back'),
      },
    },
    async (request, reply) => {
      using client = clientSignal(reply.raw)
      const keys = [{ cid: request.params.cid, path: request.query.path }]
      return await withdraw(request, client.signal, { keys })
    },
  )
}

async function* once<T>(item: T): AsyncGenerator<T> {
  yield item
}
