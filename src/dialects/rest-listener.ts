import type { AddressInfo } from 'node:net'
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify'
import { ownHosts, refusalOf } from '../api/guard/guard.ts'
import { ERRORS, ShoalError, toShoalError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { CallBacks, Dialect } from './dialect.ts'
import { type Fence, resultOfStatus } from './fence.ts'
import { callerAt, hostPort } from './hosts.ts'

/** Longest request body, bytes: the longest value that a node keeps, and some names. */
const BODY_LIMIT = 64 * 1024
/** A request must be there in full by then, ms. */
const REQUEST_MS = 10_000
/** Idle connections are closed after this, ms. */
const KEEP_ALIVE_MS = 15_000
const MAX_CONNECTIONS = 256
const MAX_HEADER_BYTES = 16 * 1024
/** Names in paths: 255 bytes, each of which may be written as `%XX`. */
const MAX_PARAM_LENGTH = 3 * 255

export interface RestSetup {
  readonly dialects: readonly Dialect[]
  readonly host: string
  /** 0 = any free one. */
  readonly port: number
  /** Further values of `Host`, with port. */
  readonly allowedHosts: readonly string[]
  readonly calls: CallBacks
  readonly fence: Fence
  readonly log: Logger
}

export interface RestListener {
  readonly port: number
  close(): Promise<void>
}

/**
 * Listens for the REST calls of one or more dialects: fences, then hands on. Each dialect has a scope of its own, so that hooks
 * and error handlers of one are not those of another.
 *
 * @throws system errors of listening
 */
export async function listenRest(setup: RestSetup): Promise<RestListener> {
  const app = newApp(setup)
  // Until it listens, no Host is right.
  let hosts: ReadonlySet<string> = new Set()
  app.addHook('onRequest', async (request) => admit(request, setup, hosts))
  for (const dialect of setup.dialects) {
    app.register(async (scope) => {
      scope.addHook('onResponse', async (_request, reply) => {
        setup.fence.count(dialect.name, resultOfStatus(reply.statusCode))
      })
      dialect.http?.(scope)
    })
  }
  try {
    await app.listen({ host: setup.host, port: setup.port })
  } catch (error) {
    await app.close()
    throw error
  }
  const { port } = app.server.address() as AddressInfo
  hosts = ownHosts(port, setup.host, setup.allowedHosts)
  return { port, close: () => app.close() }
}

function newApp({ log }: RestSetup): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    http: { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: REQUEST_MS },
    frameworkErrors: (error, _request, reply) => void answerError(error, reply, log),
  })
  app.server.maxConnections = MAX_CONNECTIONS
  // Clients of one of the systems say with a body what they want to read.
  app.addHttpMethod('GET', { hasBody: true, overrideExisting: true })
  app.setNotFoundHandler((_request, reply) => answer(reply, 404, 'There is no such call.'))
  app.setErrorHandler((error: FastifyError, _request, reply) => answerError(error, reply, log))
  return app
}

/** Pages in a browser may not call: neither those of other sites nor those whose name was made to lead here. */
async function admit(
  request: FastifyRequest,
  { calls, fence }: RestSetup,
  hosts: ReadonlySet<string>,
): Promise<void> {
  const { raw } = request
  const { localAddress = '', localPort = 0, remoteAddress, remotePort } = raw.socket
  const text = (name: string) => raw.headersDistinct[name]?.[0]
  // The address at which the request came in cannot be made to lead elsewhere, as a name can.
  const own = hostPort(callerAt(localAddress, localPort).host, localPort)
  const refusal = refusalOf(
    {
      method: 'GET',
      url: raw.url ?? '',
      hosts: raw.headersDistinct.host ?? [],
      origin: text('origin'),
      authorization: undefined,
      fetchSite: text('sec-fetch-site'),
      fetchMode: text('sec-fetch-mode'),
      fetchDest: text('sec-fetch-dest'),
      secret: false,
    },
    { hosts: new Set([...hosts, ...(hosts.size > 0 ? [own] : [])]), hasToken: () => false },
  )
  if (refusal) throw new ShoalError(refusal.code, refusal.message)
  const from = callerAt(remoteAddress, remotePort)
  if (!fence.admit(from.host)) throw new ShoalError('RATE_LIMITED')
  calls.called(from)
}

function answerError(error: FastifyError | ShoalError, reply: FastifyReply, log: Logger): FastifyReply {
  if (error instanceof ShoalError) return answer(reply, error.kind.http, error.message)
  const { statusCode = 500, message } = error
  if (statusCode >= 400 && statusCode < 500) return answer(reply, statusCode, message)
  const { code, kind } = toShoalError(error)
  log.error({ err: error, code }, 'a call of a dialect failed')
  return answer(reply, kind.http, ERRORS[code].message)
}

/** In the words of all the systems at once: each finds its own. */
const answer = (reply: FastifyReply, status: number, text: string): FastifyReply =>
  reply.code(status).send({ success: false, error: text, message: text })
