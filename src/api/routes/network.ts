import Type from 'typebox'
import type { Api, ApiContext } from '../context.ts'
import { IF_NONE_MATCH, taggedAnswers } from '../etags.ts'
import { about, answers } from '../operation.ts'
import { listedPeers } from '../requests/list-requests.ts'
import { pageQuery } from '../requests/page-query.ts'
import { Peers } from '../schemas/node.ts'
import { Uploads } from '../schemas/transfers.ts'

const PeersQuery = Type.Object(
  {
    state: Type.Optional(
      Type.String({
        maxLength: 200,
        description: 'Only those in these states, with commas',
        examples: ['alive,suspect'],
      }),
    ),
    neighbour: Type.Optional(
      Type.Boolean({ description: 'Only those to whom a stream is open, or, with false, the others' }),
    ),
    ...pageQuery,
  },
  { additionalProperties: false },
)

/** Other peers, and what they take from here. */
export function networkRoutes(app: Api, { port }: ApiContext): void {
  app.get(
    '/api/v1/peers',
    {
      config: { tagged: true },
      schema: {
        ...about(
          'network',
          'Peers this node knows',
          'The one seen last first. A peer that is seen between two pages is not on the later ones.',
        ),
        querystring: PeersQuery,
        headers: IF_NONE_MATCH,
        response: taggedAnswers(Peers, 'The peers'),
      },
    },
    ({ query: { state, ...rest } }) => listedPeers(port.peers(), { states: state?.split(','), ...rest }),
  )

  app.get(
    '/api/v1/uploads',
    {
      schema: {
        ...about('network', 'Who fetches from this node, and who waits', 'All of them: at most 256 wait.'),
        response: answers(Uploads, 'Uploads'),
      },
    },
    () => port.uploads(),
  )
}
