import Type from 'typebox'
import type { Api, ApiContext } from '../context.ts'
import { FINAL_STATES } from '../node-port.ts'
import { about, answers, NEEDS_TOKEN } from '../operation.ts'
import { wordsOf } from '../requests/paging.ts'
import { BlockMapSchema, RemovedDownloads, UploadPeer } from '../schemas/transfers.ts'
import { BLOCK_CELLS } from '../views/block-map-view.ts'

const IdParams = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 100, description: 'Id of the download' }),
})

const PeerParams = Type.Object({
  peerId: Type.String({ minLength: 1, maxLength: 100, description: 'PeerId of who fetches' }),
})

const CellsQuery = Type.Object(
  {
    cells: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: BLOCK_CELLS.most,
        description: `Most cells; ${BLOCK_CELLS.usual} when left out`,
        examples: [BLOCK_CELLS.usual],
      }),
    ),
  },
  { additionalProperties: false },
)

const ClearQuery = Type.Object(
  {
    state: Type.String({
      maxLength: 200,
      description: `Which: ${FINAL_STATES.join(', ')}, with commas`,
      examples: ['done,cancelled'],
    }),
  },
  { additionalProperties: false },
)

const VERBS = {
  pause: {
    summary: 'Do not serve a peer until it is resumed',
    description: 'Its streams keep their places and wait, after the block that is being sent.',
  },
  resume: { summary: 'Serve a peer again', description: '' },
  cancel: {
    summary: 'End all streams of a peer, and refuse it for 10 minutes',
    description: 'It is told so.',
  },
} as const

/** What transfers look like from outside, and what their owner can do about them. */
export function transferRoutes(app: Api, { port }: ApiContext): void {
  const { downloads } = port

  app.get(
    '/api/v1/downloads/:id/blocks',
    {
      schema: {
        ...about(
          'downloads',
          'Which blocks of a download are there, come now, and from whom',
          'In cells, for a picture. Read at the moment, so it may be asked for several times a second. A folder that waits since a restart tells of the files that were begun, then of the rest.',
        ),
        params: IdParams,
        querystring: CellsQuery,
        response: answers(BlockMapSchema, 'The map'),
      },
    },
    ({ params: { id }, query: { cells = BLOCK_CELLS.usual } }) => downloads.blocks(id, cells),
  )

  app.delete(
    '/api/v1/downloads',
    {
      schema: {
        ...about(
          'downloads',
          'Forget downloads that have ended',
          'No finished file is deleted; what failed ones have is.',
        ),
        ...NEEDS_TOKEN,
        querystring: ClearQuery,
        response: answers(RemovedDownloads, 'How many'),
      },
    },
    async ({ query: { state } }) => ({
      removed: await downloads.clear(wordsOf('state', state.split(','), FINAL_STATES)),
    }),
  )

  for (const verb of Object.keys(VERBS) as (keyof typeof VERBS)[]) {
    const { summary, description } = VERBS[verb]
    app.post(
      `/api/v1/uploads/:peerId/${verb}`,
      {
        schema: {
          ...about(
            'network',
            summary,
            `${description} A restart forgets it. 404 for a peer that neither fetches nor is paused or refused.`.trim(),
          ),
          ...NEEDS_TOKEN,
          params: PeerParams,
          response: answers(UploadPeer, 'The peer'),
        },
      },
      ({ params: { peerId } }) => port.controlUploads(peerId, verb),
    )
  }
}
