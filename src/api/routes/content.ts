import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { ShoalError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import type { Api, ApiContext } from '../context.ts'
import { clientSignal } from '../events/client-signal.ts'
import { CAR_TYPE, RAW_TYPE } from '../gateway/format.ts'
import { Gateway } from '../gateway/gateway.ts'
import { type GatewayQuery, readRequest } from '../gateway/request.ts'
import { sendAnswer } from '../gateway/send.ts'
import { checkVisitor } from '../gateway/visitor.ts'
import { about, PROBLEMS } from '../operation.ts'
import { CID } from '../schemas/forms.ts'

/** Most answers under way at once, over all clients: each holds two blocks of 1 MiB. */
const MAX_ANSWERS = 64

/** Seconds after which to try again what did not work for now. */
const RETRY_AFTER = {
  BUSY: 5,
  RATE_LIMITED: 5,
  UNAVAILABLE: 30,
  TIMED_OUT: 30,
  BAD_BLOCK: 30,
  BAD_RESPONSE: 30,
}

const text = (description: string, more: object = {}) =>
  Type.Optional(Type.String({ description, maxLength: 1024, ...more }))

const Query = Type.Object({
  format: text('`raw` for one block, `car` for many; goes before `Accept`', { examples: ['raw'] }),
  filename: text('Name to save it under; tells the content type, too', { examples: ['song.flac'] }),
  download: Type.Optional(Type.Boolean({ description: 'Save it instead of showing it' })),
  'dag-scope': Type.Optional(
    Type.Enum(['block', 'entity', 'all'], {
      description:
        'For a CAR: the last block of the path, the file or folder there, or all below it (the default)',
    }),
  ),
  'entity-bytes': text('For a CAR: FROM:TO, the bytes of the file whose blocks are wanted', {
    examples: ['0:1048575'],
  }),
  'car-version': text('For a CAR: 1'),
  'car-order': text('For a CAR: dfs'),
  'car-dups': text('For a CAR: y to send a block again where it occurs again, n (the default) not to'),
})

const CidParam = Type.String({
  minLength: 1,
  description: 'CID of a file, a folder or a block',
  examples: [CID],
})
const PathParam = Type.String({ description: 'Path below the folder' })

const bytes = { schema: Type.Unknown({ contentMediaType: 'application/octet-stream' }) }
const ANSWERS = {
  200: {
    description: 'The file; a page that lists the folder; a block; a CAR',
    content: { 'application/octet-stream': bytes, 'text/html': bytes, [RAW_TYPE]: bytes, [CAR_TYPE]: bytes },
  },
  206: { description: 'The part that `Range` asks for', content: { 'application/octet-stream': bytes } },
  301: { description: 'A folder: its address ends with a slash', type: 'null' },
  304: { description: 'It is what `If-None-Match` names', type: 'null' },
  ...PROBLEMS,
}

export interface ContentContext extends ApiContext {
  readonly log: Logger
  /** Asked at every request, with its `Authorization`. */
  readonly mayRead: (authorization: string | undefined) => boolean
}

/** Content by CID, as IPFS's path and trustless gateways give it. */
export function contentRoutes(app: Api, { port, clock, log, mayRead }: ContentContext): void {
  const gateway = new Gateway({ port: port.content, clock })
  app.addHook('onClose', async () => gateway.close())
  let answers = 0

  async function handle(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { headers, raw } = request
    if (!mayRead(headers.authorization))
      throw new ShoalError(
        'PERMISSION_DENIED',
        'The gateway of this node is switched off. Its owner can switch it on with: shoal config set gateway on',
      )
    checkVisitor({
      fetchSite: headers['sec-fetch-site'],
      fetchDest: headers['sec-fetch-dest'],
      fetchUser: headers['sec-fetch-user'],
      serviceWorker: raw.headers['service-worker'] as string | undefined,
    })
    const { method } = request
    const target = raw.url ?? ''
    const asked = readRequest({ method, target, query: request.query as GatewayQuery }, headers)
    using client = clientSignal(reply.raw)
    answers++
    try {
      if (answers > MAX_ANSWERS)
        throw new ShoalError('BUSY', `${MAX_ANSWERS} answers are under way already. Wait for one to end.`)
      return await gateway.answer(asked, client.signal, (answer) => sendAnswer(reply, answer, client.signal))
    } catch (error) {
      if (!reply.sent) {
        tellMore(reply, error)
        throw error
      }
      // The connection was cut; nobody but the log can be told.
      log.warn({ err: error, url: target }, 'content could not be sent to its end')
      return reply
    } finally {
      answers--
    }
  }

  const schema = { querystring: Query, response: ANSWERS }
  app.get(
    '/ipfs/:cid',
    {
      schema: {
        ...about(
          'content',
          'Content by its CID',
          'A file with ranges, a folder as a page, or, asked for by `format` or `Accept`, the blocks that prove it. See docs/GATEWAY.md.',
        ),
        params: Type.Object({ cid: CidParam }),
        ...schema,
      },
    },
    handle,
  )
  app.get(
    '/ipfs/:cid/*',
    {
      schema: {
        ...about('content', 'Content by its path below a CID', 'As above, of what the path leads to.'),
        params: Type.Object({ cid: CidParam, '*': PathParam }),
        ...schema,
      },
    },
    handle,
  )
}

/** Headers by which a client knows what to do about an error. */
function tellMore(reply: FastifyReply, error: unknown): void {
  if (!(error instanceof ShoalError)) return
  const seconds = (RETRY_AFTER as Record<string, number>)[error.code]
  if (seconds !== undefined) reply.header('retry-after', seconds)
  if (error.code === 'RANGE_NOT_SATISFIABLE')
    reply.header('content-range', `bytes */${error.details?.sizeBytes}`)
}
