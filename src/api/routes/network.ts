import type { Api, ApiContext } from '../context.ts'
import { about, answers } from '../operation.ts'
import { Peers, Uploads } from '../schemas.ts'

/** Other peers, and what they take from here. */
export function networkRoutes(app: Api, { port }: ApiContext): void {
  app.get(
    '/api/v1/peers',
    {
      schema: {
        ...about('network', 'Peers this node knows', 'The one seen last first.'),
        response: answers(Peers, 'They'),
      },
    },
    () => ({ peers: port.peers() }),
  )

  app.get(
    '/api/v1/uploads',
    {
      schema: {
        ...about('network', 'Who fetches from this node, and who waits'),
        response: answers(Uploads, 'Uploads'),
      },
    },
    () => port.uploads(),
  )
}
