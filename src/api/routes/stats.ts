import Type from 'typebox'
import type { Api, ApiContext } from '../context.ts'
import { about, answers, NEEDS_TOKEN } from '../operation.ts'
import { QueryLogPage, SearchLogPage, Stats } from '../schemas/stats.ts'

/** Rows of a page of the logs. */
export const LOG_PAGE = { defaultLimit: 50, maxLimit: 200 }

const PageParams = Type.Object(
  {
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: LOG_PAGE.maxLimit,
        description: `Most rows; ${LOG_PAGE.defaultLimit} when left out`,
      }),
    ),
    cursor: Type.Optional(
      Type.String({ maxLength: 64, description: '`cursor` of the page before: rows older than that one' }),
    ),
  },
  { additionalProperties: false },
)

/** What the node did and does, over time. */
export function statsRoutes(app: Api, { port: { stats }, events }: ApiContext): void {
  app.get(
    '/api/v1/stats',
    {
      schema: {
        ...about(
          'node',
          'Figures of the node, and how they went',
          'Totals since the start, the present, and series of the last hour and the last day. A rate is an amount divided by the length of its step.',
        ),
        response: answers(Stats, 'The figures'),
      },
    },
    async () => {
      const { now, ...view } = await stats.view()
      return { ...view, now: { ...now, eventReaders: events.readers } }
    },
  )

  app.get(
    '/api/v1/stats/searches',
    {
      config: { secret: true },
      schema: {
        ...about(
          'node',
          'The last searches made here',
          'The newest first, at most 200, since the start of the node.',
        ),
        ...NEEDS_TOKEN,
        querystring: PageParams,
        response: answers(SearchLogPage, 'Searches that are over'),
      },
    },
    ({ query: { limit = LOG_PAGE.defaultLimit, cursor } }) => {
      const { rows, ...rest } = stats.searches({ limit, cursor: cursor || undefined })
      return { searches: rows, ...rest }
    },
  )

  app.get(
    '/api/v1/stats/queries',
    {
      config: { secret: true },
      schema: {
        ...about(
          'node',
          'The last queries of others',
          'Those that this node answered or passed on, the newest first, at most 200, since the start of the node. Their words are what somebody else wrote. None while the setting logQueries is off.',
        ),
        ...NEEDS_TOKEN,
        querystring: PageParams,
        response: answers(QueryLogPage, 'Queries'),
      },
    },
    ({ query: { limit = LOG_PAGE.defaultLimit, cursor } }) => {
      const { rows, ...rest } = stats.queries({ limit, cursor: cursor || undefined })
      return { queries: rows, ...rest }
    },
  )
}
