import Type from 'typebox'
import type { Clock } from '../../base/clock.ts'
import { parseCid } from '../../content/cid.ts'
import { addEntries } from '../add-entries.ts'
import type { Api, ApiContext } from '../context.ts'
import { IF_NONE_MATCH, taggedAnswers } from '../etags.ts'
import { NDJSON } from '../events/framing.ts'
import { failureEvent } from '../events/streams.ts'
import { entryJson, libraryPageJson } from '../json.ts'
import type { LibraryPort } from '../node-port.ts'
import { about, answers, NEEDS_TOKEN, streams } from '../operation.ts'
import { absolutePath, MAX_PATH_LENGTH } from '../requests/absolute-path.ts'
import { libraryTarget } from '../requests/library-target.ts'
import { SEARCH_BOUNDS } from '../requests/search-request.ts'
import { AddLine, LibraryPageSchema, Removed, Shares } from '../schemas/library.ts'

/** Entries of a page: default and most. */
export const LIBRARY_PAGE = { defaultLimit: 100, maxLimit: 1000 } as const

const ListQuery = Type.Object(
  {
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: LIBRARY_PAGE.maxLimit,
        description: `Entries a page; ${LIBRARY_PAGE.defaultLimit} when left out`,
        examples: [100],
      }),
    ),
    cursor: Type.Optional(Type.String({ maxLength: 16_384, description: '`cursor` of the page before' })),
    folders: Type.Optional(Type.Boolean({ description: 'Folders too' })),
    cid: Type.Optional(Type.String({ maxLength: 512, description: 'Only entries with this CID' })),
    q: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: SEARCH_BOUNDS.maxWordsBytes,
        description:
          'Only entries with all these words in name or path; a * at the end of the last stands for more letters',
        examples: ['holiday phot*'],
      }),
    ),
  },
  { additionalProperties: false },
)

const AddBody = Type.Object(
  {
    path: Type.String({
      minLength: 1,
      maxLength: MAX_PATH_LENGTH,
      description: 'Absolute path of a file or folder on the machine of the node',
    }),
  },
  { additionalProperties: false, examples: [{ path: '/home/ada/Documents' }] },
)

const RemoveQuery = Type.Object(
  {
    target: Type.String({
      minLength: 1,
      maxLength: MAX_PATH_LENGTH,
      description: 'Absolute path, or CID',
      examples: ['/home/ada/Documents/old.pdf'],
    }),
  },
  { additionalProperties: false },
)

/** What the node shares. */
export function libraryRoutes(app: Api, { port, streams: hub, clock }: ApiContext): void {
  const { library } = port

  app.get(
    '/api/v1/library',
    {
      config: { tagged: true },
      schema: {
        ...about('library', 'List what is shared', 'In pages, by path.'),
        querystring: ListQuery,
        headers: IF_NONE_MATCH,
        response: taggedAnswers(LibraryPageSchema, 'A page'),
      },
    },
    ({ query: { limit = LIBRARY_PAGE.defaultLimit, cursor, folders, cid, q } }) =>
      libraryPageJson(
        library.list({
          limit,
          ...(cursor && { cursor }),
          ...(folders !== undefined && { folders }),
          ...(cid && { cid: parseCid(cid) }),
          ...(q !== undefined && { words: q }),
        }),
      ),
  )

  app.post(
    '/api/v1/library',
    {
      schema: {
        ...about(
          'library',
          'Share a file or folder',
          'Answers as the files are hashed; a folder comes after its files.',
        ),
        ...NEEDS_TOKEN,
        body: AddBody,
        response: streams(AddLine, { description: 'One line a file, then `done`', sse: false }),
      },
    },
    ({ body }, reply) => {
      const path = absolutePath('path', body.path)
      return hub.send(reply, {
        framing: NDJSON,
        open: (signal) => addLines({ library, path, signal, clock }),
        failure: failureEvent,
      })
    },
  )

  app.delete(
    '/api/v1/library',
    {
      schema: {
        ...about('library', 'Stop sharing', 'No file is deleted.'),
        ...NEEDS_TOKEN,
        querystring: RemoveQuery,
        response: answers(Removed, 'What is no longer shared'),
      },
    },
    async ({ query: { target } }) => ({ removed: await library.remove(libraryTarget(target)) }),
  )

  app.get(
    '/api/v1/shares',
    {
      schema: {
        ...about(
          'library',
          'Files and folders that were shared as such',
          'All of them, also those that finished downloads became.',
        ),
        response: answers(Shares, 'The shares'),
      },
    },
    () => ({ shares: library.shares() }),
  )
}

interface AddOptions {
  library: LibraryPort
  path: string
  signal: AbortSignal
  clock: Clock
}

async function* addLines({ library, path, signal, clock }: AddOptions): AsyncGenerator<object> {
  const startMs = clock.monotonic()
  for await (const event of addEntries(library, path, signal)) {
    if (event.type === 'added') yield { event: 'added', ...entryJson(event.entry) }
    else {
      const { files, bytes, leftOut } = event
      yield { event: 'done', files, bytes, ms: Math.round(clock.monotonic() - startMs), leftOut }
    }
  }
}
