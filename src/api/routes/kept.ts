import Type from 'typebox'
import { parseCid } from '../../content/cid.ts'
import type { Api, ApiContext } from '../context.ts'
import { clientSignal } from '../events/client-signal.ts'
import { about, answers, NEEDS_TOKEN, PROBLEMS } from '../operation.ts'
import { Kept, KeptReplica } from '../schemas/replicas.ts'
import { CidParams } from './replicas.ts'

const PinBody = Type.Object(
  {
    name: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        description: 'Name for the file; else the one it is found under',
      }),
    ),
  },
  { additionalProperties: false, examples: [{ name: 'manual.pdf' }] },
)

/** What this node keeps for others, and keeps on purpose. */
export function keptRoutes(app: Api, { port: { replication } }: ApiContext): void {
  app.get(
    '/api/v1/kept',
    {
      // For whom a node keeps what is nobody else's business.
      config: { secret: true },
      schema: {
        ...about('replicas', 'What this node keeps for others', 'And what is pinned; with the bounds.'),
        ...NEEDS_TOKEN,
        response: answers(Kept, 'All of it'),
      },
    },
    () => replication.kept(),
  )

  app.put(
    '/api/v1/pins/:cid',
    {
      schema: {
        ...about(
          'replicas',
          'Keep something of others on purpose',
          'It is fetched if it is not here, and held until it is unpinned, whatever becomes of its lease. Answers at once.',
        ),
        ...NEEDS_TOKEN,
        params: CidParams,
        body: PinBody,
        response: answers(KeptReplica, 'It, as it is kept'),
      },
    },
    async ({ params: { cid }, body: { name } }, reply) => {
      const wanted = parseCid(cid)
      using client = clientSignal(reply.raw)
      return await replication.pin(wanted, { name, signal: client.signal })
    },
  )

  app.delete(
    '/api/v1/pins/:cid',
    {
      schema: {
        ...about(
          'replicas',
          'Unpin',
          'What was only kept because it was pinned is deleted; what is under a lease stays as long as that.',
        ),
        ...NEEDS_TOKEN,
        params: CidParams,
        response: { 204: { description: 'Unpinned', type: 'null' }, ...PROBLEMS },
      },
    },
    async ({ params: { cid } }, reply) => {
      await replication.unpin(parseCid(cid))
      return reply.code(204).send()
    },
  )
}
