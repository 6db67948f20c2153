import type { Readable } from 'node:stream'
import Type from 'typebox'
import type { Api, ApiContext } from '../context.ts'
import { clientSignal } from '../events/client-signal.ts'
import { entryJson } from '../json.ts'
import { about, NEEDS_TOKEN, PROBLEMS } from '../operation.ts'
import { object } from '../schemas/forms.ts'
import { LibraryEntry } from '../schemas/library.ts'

const RAW = 'application/octet-stream'

const { modifiedMs: _, ...facts } = LibraryEntry.properties
/** What is shared now. */
export const Received = object(facts)

const NameParams = Type.Object({
  name: Type.String({
    minLength: 1,
    maxLength: 255,
    description: 'File name, escaped; made safe for the system of the node',
    examples: ['holiday.jpg'],
  }),
})

const FileBody = Type.Unknown({
  contentMediaType: RAW,
  description: 'The bytes of the file, of whatever media type and length; none is an empty file',
  examples: ['hello'],
})

/** Files that come in. Needs a scope of its own: bodies are streams here. */
export function incomingRoutes(app: Api, { port }: ApiContext): void {
  app.removeAllContentTypeParsers()
  // The token and PUT keep out pages of other sites, whatever the type: neither goes without a preflight.
  app.addContentTypeParser('*', (_request, body, done) => done(null, body))
  const json = { 'application/json': { schema: Received } }

  app.put(
    '/api/v1/library/files/:name',
    {
      schema: {
        ...about(
          'library',
          'Send a file and share it',
          'Into the folder `shared` below the downloads. Nothing there is replaced: the same content under this name is found (200), other content gets the next free name. 507 NO_SPACE before anything is read when it cannot fit, 503 BUSY when 4 come in already.',
        ),
        ...NEEDS_TOKEN,
        consumes: [RAW],
        params: NameParams,
        body: FileBody,
        response: {
          201: { description: 'Shared', content: json },
          200: { description: 'It was there already', content: json },
          ...PROBLEMS,
        },
      },
    },
    async ({ params: { name }, body, headers, raw }, reply) => {
      using client = clientSignal(reply.raw)
      const told = Number(headers['content-length'] ?? Number.NaN)
      const { entry, created } = await port.incoming.receive(name, (body ?? raw) as Readable, {
        sizeBytes: Number.isSafeInteger(told) ? told : undefined,
        signal: client.signal,
      })
      return reply.code(created ? 201 : 200).send({ ...entryJson(entry), file: entry.absPath })
    },
  )
}
