import Type from 'typebox'
import type { Api, ApiContext } from '../context.ts'
import { clientSignal } from '../events/client-signal.ts'
import { about, answers } from '../operation.ts'
import { MAX_TARGET_LENGTH, parseTarget } from '../requests/target.ts'
import { FoundTargetSchema } from '../schemas/search.ts'

const Query = Type.Object(
  {
    target: Type.String({
      minLength: 1,
      maxLength: MAX_TARGET_LENGTH,
      description: 'CID, link to one (shoal:, ipfs:, /ipfs/, gateway, magnet), or exact file name',
      examples: ['holiday.zip'],
    }),
  },
  { additionalProperties: false },
)

/** What people name, by its CID. */
export function targetRoutes(app: Api, { port }: ApiContext): void {
  app.get(
    '/api/v1/targets',
    {
      schema: {
        ...about(
          'search',
          'What a target stands for',
          'The CID in it, or that of the one content with this file name. A name that several contents have gives 409 AMBIGUOUS with details.candidates.',
        ),
        querystring: Query,
        response: answers(FoundTargetSchema, 'Its CID, to be read at /ipfs/CID or downloaded'),
      },
    },
    async ({ query }, reply) => {
      const target = parseTarget(query.target)
      using client = clientSignal(reply.raw)
      return port.downloads.find(target, client.signal)
    },
  )
}
