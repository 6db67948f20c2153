import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { ERRORS, type ErrorCode, ShoalError, toShoalError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { SECURITY_HEADERS } from './guard/headers.ts'
import { describeInvalid } from './requests/invalid.ts'

/** Media type of every error answer (RFC 9457, section 3). */
export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

/**
 * Longest `detail`, characters: a path of the greatest length with some words around it would be too much for
 * anybody.
 */
const MAX_DETAIL_LENGTH = 500

/** Problem details (RFC 9457). `code` is the stable one to program against; `detail` is for people. */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: ErrorCode
  details?: Record<string, unknown>
}

/** {@link Problem} for OpenAPI. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: 'Always about:blank: `code` says which problem it is' }),
    title: Type.String({ description: 'Name of the HTTP status' }),
    status: Type.Integer({ description: 'HTTP status' }),
    detail: Type.String({ description: 'What is wrong and what to do, for people' }),
    code: Type.Enum(Object.keys(ERRORS) as ErrorCode[], {
      description: 'Stable code of the error, for programs',
    }),
    details: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: 'Facts for programs, by code' }),
    ),
  },
  {
    description: 'What went wrong (RFC 9457)',
    examples: [
      {
        type: 'about:blank',
        title: 'Bad Request',
        status: 400,
        detail: 'limit: must be at most 1000',
        code: 'INVALID_ARGUMENT',
      },
    ],
  },
)

/**
 * The error as problem details. What is not a ShoalError keeps its own words to itself: they may name inner
 * things.
 */
export function problemOf(error: unknown): Problem {
  const known = fromFramework(error) ?? toShoalError(error)
  const { http } = known.kind
  const foreign = !(error instanceof ShoalError) && known.cause !== undefined
  return {
    type: 'about:blank',
    title: STATUS_CODES[http] ?? (http === 499 ? 'Client Closed Request' : 'Error'),
    status: http,
    detail: shortened(foreign ? known.kind.message : known.message),
    code: known.code,
    ...(known.details && { details: known.details }),
  }
}

/** What was asked may be repeated in the words of an error, but not at length. */
const shortened = (text: string) =>
  text.length > MAX_DETAIL_LENGTH ? `${text.slice(0, MAX_DETAIL_LENGTH)}…` : text

/** Sends `error` as problem details; the status is the one of its code. */
export function sendProblem(reply: FastifyReply, error: unknown): FastifyReply {
  const problem = problemOf(error)
  if (problem.code === 'UNAUTHENTICATED') reply.header('www-authenticate', 'Bearer')
  // A ready-made string: the response schema of the route is for its success, and must not shape this.
  return reply
    .headers(SECURITY_HEADERS)
    .code(problem.status)
    .type(PROBLEM_TYPE)
    .serializer(String)
    .send(JSON.stringify(problem))
}

/**
 * Makes every error answer of `app` problem details: thrown ones, invalid input, unknown paths (404) and
 * known paths with another method (405 with `Allow`). Call it before the routes are added. Give {@link
 * frameworkProblem} to Fastify as `frameworkErrors` too, for addresses that cannot be read at all.
 */
export function installProblems(app: FastifyInstance, { log }: { log: Logger }): void {
  const routes: { pattern: RegExp; methods: Set<string> }[] = []
  app.addHook('onRoute', ({ url, method }) => {
    routes.push({ pattern: patternOf(url), methods: new Set([method].flat()) })
  })
  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error)
    if (problem.code === 'INTERNAL' || problem.code === 'IO')
      log.error({ err: error, method: request.method, url: request.url }, 'request failed')
    return sendProblem(reply, error)
  })
  app.setNotFoundHandler((request, reply) => {
    const [path = ''] = request.url.split('?', 1)
    const allowed = routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => [...methods])
    // A route that is right may have nothing there.
    if (allowed.length === 0 || allowed.includes(request.method))
      return sendProblem(reply, new ShoalError('NOT_FOUND', `There is no ${path} here.`))
    const allow = [...new Set(allowed)].sort().join(', ')
    reply.header('allow', allow)
    return sendProblem(
      reply,
      new ShoalError('METHOD_NOT_ALLOWED', `${request.method} is not for ${path}; use ${allow}.`),
    )
  })
}

/** For Fastify's option `frameworkErrors`: errors before any route is found, such as a malformed address. */
export function frameworkProblem(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(reply, error)
}

const CLIENT_ERRORS: Record<string, { http: number; error: ShoalError }> = {
  HPE_HEADER_OVERFLOW: { http: 431, error: new ShoalError('TOO_LARGE', 'The headers are too long.') },
  ERR_HTTP_REQUEST_TIMEOUT: {
    http: 408,
    error: new ShoalError('TIMED_OUT', 'The request did not come in time.'),
  },
}

/**
 * For Fastify's option `clientErrorHandler`: what is not HTTP gets a problem too, then the connection is
 * closed.
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const { http, error: known } = CLIENT_ERRORS[error.code ?? ''] ?? {
    http: 400,
    error: new ShoalError('INVALID_ARGUMENT', 'This is not an HTTP request.'),
  }
  const body = JSON.stringify({ ...problemOf(known), status: http, title: STATUS_CODES[http] })
  socket.end(
    `HTTP/1.1 ${http} ${STATUS_CODES[http]}\r\nconnection: close\r\ncontent-type: ${PROBLEM_TYPE}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

/** `/downloads/:id` as a pattern for whole paths. */
function patternOf(url: string): RegExp {
  const escaped = url.replace(/[.+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replace(/:[^/]+/g, '[^/]+').replaceAll('*', '.*')}$`)
}

const BY_STATUS: Record<number, ErrorCode> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  413: 'TOO_LARGE',
  414: 'TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'RATE_LIMITED',
  503: 'BUSY',
}

/** Fastify's own refusals (invalid input, no JSON, too large, …) in terms of the error table. */
function fromFramework(error: unknown): ShoalError | undefined {
  if (!(error instanceof Error) || error instanceof ShoalError) return undefined
  const { validation, validationContext, statusCode } = error as FastifyError
  if (validation)
    return new ShoalError('INVALID_ARGUMENT', describeInvalid(validation, validationContext), {
      details: { in: validationContext },
    })
  if (statusCode === undefined || (statusCode >= 500 && statusCode !== 503)) return undefined
  const code = BY_STATUS[statusCode] ?? 'INVALID_ARGUMENT'
  return new ShoalError(code, code === 'UNSUPPORTED_MEDIA_TYPE' ? ERRORS[code].message : error.message)
}
