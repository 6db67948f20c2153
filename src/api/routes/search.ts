import Type from 'typebox'
import type { Api, ApiContext } from '../context.ts'
import { eventStreamOf, NDJSON, wantsEventStream } from '../events/framing.ts'
import { failureEvent } from '../events/streams.ts'
import { searchEventJson } from '../json.ts'
import type { NodePort } from '../node-port.ts'
import { about, streams } from '../operation.ts'
import { SEARCH_BOUNDS, type SearchRequest, searchRequest } from '../requests/search-request.ts'
import { SearchLine } from '../schemas/search.ts'

const SearchParams = Type.Object(
  {
    q: Type.Optional(
      Type.String({
        maxLength: SEARCH_BOUNDS.maxWordsBytes,
        description: 'Words of the name or path; a trailing * makes the last one a prefix',
        examples: ['annual report*'],
      }),
    ),
    sha256: Type.Optional(Type.String({ maxLength: 64, description: 'Hex SHA-256 of the bytes' })),
    cid: Type.Optional(Type.String({ maxLength: 512, description: 'CID' })),
    via: Type.Optional(
      Type.String({
        maxLength: 200,
        description: 'Locators to ask, comma-separated; all that are enabled when left out',
        examples: ['index,library'],
      }),
    ),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: SEARCH_BOUNDS.maxLimit,
        description: `Most different CIDs; ${SEARCH_BOUNDS.defaultLimit} when left out`,
      }),
    ),
    timeoutMs: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: SEARCH_BOUNDS.maxTimeoutMs,
        description: 'Give up after this long; the configured time when left out',
      }),
    ),
  },
  { additionalProperties: false },
)

/** Finding files. */
export function searchRoutes(app: Api, { port, streams: hub }: ApiContext): void {
  app.get(
    '/api/v1/search',
    {
      exposeHeadRoute: false,
      schema: {
        ...about(
          'search',
          'Search',
          'The own library and the locators at once; hits come as they arrive. Give at least one of q, sha256 and cid; all given must hold. Send Accept: text/event-stream for server-sent events, and close them after `done`, or a browser searches again.',
        ),
        querystring: SearchParams,
        response: streams(SearchLine, { description: 'Hits, then `done`', sse: true }),
      },
    },
    ({ query: { via, ...input }, headers }, reply) => {
      const request = searchRequest({ ...input, via: via?.split(',') })
      return hub.send(reply, {
        framing: wantsEventStream(headers.accept) ? eventStreamOf('message') : NDJSON,
        open: (signal) => searchLines(port, request, signal),
        failure: failureEvent,
      })
    },
  )
}

async function* searchLines(
  port: NodePort,
  { query, via, timeoutMs }: SearchRequest,
  signal: AbortSignal,
): AsyncGenerator<object> {
  for await (const event of port.search(query, { via, timeoutMs, signal })) yield searchEventJson(event)
}
