import Type from 'typebox'
import { ShoalError } from '../../base/errors.ts'
import type { Api, ApiContext } from '../context.ts'
import { IF_NONE_MATCH, taggedAnswers } from '../etags.ts'
import { clientSignal } from '../events/client-signal.ts'
import { checkChanges, PRIORITIES } from '../events/download-changes.ts'
import { eventStreamOf, NDJSON, wantsEventStream } from '../events/framing.ts'
import { failureEvent } from '../events/streams.ts'
import { about, answers, NEEDS_TOKEN, PROBLEMS, streams } from '../operation.ts'
import { MAX_PATH_LENGTH, outPath } from '../requests/absolute-path.ts'
import { listedDownloads } from '../requests/list-requests.ts'
import { pageQuery } from '../requests/page-query.ts'
import { MAX_TARGET_LENGTH, parseTarget } from '../requests/target.ts'
import { Download, DownloadList } from '../schemas/transfers.ts'

const changes = {
  priority: Type.Optional(
    Type.Enum([...PRIORITIES], {
      description: 'Which of the waiting downloads start first; normal when left out',
    }),
  ),
  sequential: Type.Optional(
    Type.Boolean({
      description: 'Blocks from the beginning to the end, instead of those first that few have',
    }),
  ),
}

const ChangeBody = Type.Object(changes, { additionalProperties: false, examples: [{ priority: 'high' }] })

const StartBody = Type.Object(
  {
    target: Type.String({
      minLength: 1,
      maxLength: MAX_TARGET_LENGTH,
      description: 'CID, link to one (shoal:, ipfs:, /ipfs/, gateway, magnet), or exact file name',
    }),
    out: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_PATH_LENGTH,
        description:
          'Absolute path of the file, or of the folder to put it into; the downloads folder when left out',
      }),
    ),
    name: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        description: 'Name for the file; else the one it is found under',
      }),
    ),
    ...changes,
    mirrors: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 8000 }), {
        maxItems: 16,
        description:
          'URLs (http, https) of servers that have the file; of a folder, the URL that its files lie below. Every block is verified.',
      }),
    ),
  },
  {
    additionalProperties: false,
    examples: [{ target: 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi', name: 'manual.pdf' }],
  },
)

const ListQuery = Type.Object(
  {
    state: Type.Optional(
      Type.String({
        maxLength: 200,
        description: 'Only those in these states, with commas',
        examples: ['queued,running'],
      }),
    ),
    ...pageQuery,
  },
  { additionalProperties: false },
)

const IdParams = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 100, description: 'Id of the download' }),
})

/** Fetching files. */
export function downloadRoutes(app: Api, { port, streams: hub }: ApiContext): void {
  const { downloads } = port
  const json = { 'application/json': { schema: Download } }

  app.post(
    '/api/v1/downloads',
    {
      schema: {
        ...about(
          'downloads',
          'Start a download',
          'Or find the one that fetches the same to the same place already (then 200). Priority and order are then changed, if they are told, and mirrors added. A name that several contents have gives 409 AMBIGUOUS with details.candidates.',
        ),
        ...NEEDS_TOKEN,
        body: StartBody,
        response: {
          201: { description: 'Started', content: json },
          200: { description: 'It was there already', content: json },
          ...PROBLEMS,
        },
      },
    },
    async ({ body }, reply) => {
      const target = parseTarget(body.target)
      const out = body.out === undefined ? undefined : outPath(body.out)
      // Looking for a name takes a while; nobody needs the answer when the client has gone.
      using client = clientSignal(reply.raw)
      const { name, priority, sequential, mirrors } = body
      const { view, created } = await downloads.start(target, {
        ...{ out, name, priority, sequential, mirrors },
        signal: client.signal,
      })
      return reply.code(created ? 201 : 200).send(view)
    },
  )

  app.get(
    '/api/v1/downloads',
    {
      schema: {
        ...about('downloads', 'List the downloads', 'Newest first, ended ones too.'),
        querystring: ListQuery,
        response: answers(DownloadList, 'All downloads'),
      },
    },
    ({ query: { state, ...page } }) =>
      listedDownloads(downloads.list(), { states: state?.split(','), ...page }),
  )

  app.get(
    '/api/v1/downloads/:id',
    {
      config: { tagged: true },
      schema: {
        ...about('downloads', 'One download'),
        params: IdParams,
        headers: IF_NONE_MATCH,
        response: taggedAnswers(Download, 'The download'),
      },
    },
    ({ params: { id } }) => {
      const view = downloads.get(id)
      if (!view) throw new ShoalError('NOT_FOUND', 'There is no download with this id.')
      return view
    },
  )

  app.patch(
    '/api/v1/downloads/:id',
    {
      schema: {
        ...about(
          'downloads',
          'Change priority or order',
          'Of one that waits or runs, or would go on. A higher priority moves it in the queue; nothing that runs is interrupted. 409 CONFLICT when it is done or cancelled.',
        ),
        ...NEEDS_TOKEN,
        params: IdParams,
        body: ChangeBody,
        response: answers(Download, 'The download'),
      },
    },
    ({ params: { id }, body }) => downloads.change(id, checkChanges(body)),
  )

  app.get(
    '/api/v1/downloads/:id/events',
    {
      exposeHeadRoute: false,
      schema: {
        ...about(
          'downloads',
          'Progress of a download',
          'The download now and after each change, until it has ended.',
        ),
        params: IdParams,
        response: streams(Download, { description: 'The download, again and again', sse: true }),
      },
    },
    ({ params: { id }, headers }, reply) =>
      hub.send<object>(reply, {
        framing: wantsEventStream(headers.accept) ? eventStreamOf('download') : NDJSON,
        open: (signal) => downloads.watch(id, signal),
        failure: failureEvent,
      }),
  )

  const verbs = {
    pause: 'Stop for now; what is there is kept',
    resume: 'Go on',
    cancel: 'Give up and remove what is there',
  } as const
  for (const [verb, summary] of Object.entries(verbs) as [keyof typeof verbs, string][]) {
    app.post(
      `/api/v1/downloads/:id/${verb}`,
      {
        schema: {
          ...about(
            'downloads',
            summary,
            '409 CONFLICT when its state does not allow that, as when it is done.',
          ),
          ...NEEDS_TOKEN,
          params: IdParams,
          response: answers(Download, 'The download'),
        },
      },
      ({ params: { id } }) => downloads[verb](id),
    )
  }

  app.delete(
    '/api/v1/downloads/:id',
    {
      schema: {
        ...about('downloads', 'Forget a download that has ended', 'No file is deleted.'),
        ...NEEDS_TOKEN,
        params: IdParams,
        response: { 204: { description: 'Forgotten', type: 'null' }, ...PROBLEMS },
      },
    },
    async ({ params: { id } }, reply) => {
      await downloads.remove(id)
      return reply.code(204).send()
    },
  )
}
