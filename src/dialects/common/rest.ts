import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import { ShoalError, toShoalError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import { plainHost } from '../hosts.ts'
import { given } from './values.ts'

export interface RestOptions {
  /** A body that is said to be JSON, as it came; what it throws is answered. Default: JSON, and nothing for an empty one. */
  parse?(text: string): unknown
  /** The body of an answer that tells of an error. */
  refusal(text: string, error: unknown): object
  readonly log: Logger
}

/** Adds a POST, by one name or several, with a body that `read` takes; what it does not take is refused. */
export type Post = <T>(
  paths: string | readonly string[],
  read: (body: unknown) => T | undefined,
  answer: (value: T, request: FastifyRequest) => unknown,
) => void

export type Routes = (scope: FastifyInstance, post: Post) => void

/** REST calls with bodies and errors in a form of their own, whoever else is on the listener. */
export function rest(
  app: FastifyInstance,
  { parse = jsonOf, refusal, log }: RestOptions,
  routes: Routes,
): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('application/json', { parseAs: 'string' }, async (_: unknown, text: string) =>
      parse(text),
    )
    scope.setErrorHandler<FastifyError>((error, _request, reply) => {
      const { status, text } = told(error)
      if (status === 500) log.error({ err: error }, 'a call of another system failed')
      return reply.code(status).send(refusal(text, error))
    })
    routes(scope, (paths, read, answer) => {
      for (const path of [paths].flat())
        scope.post(path, async (request) => {
          const problem = `What ${path} needs is missing or not valid.`
          return answer(given(read(request.body), 'INVALID_ARGUMENT', problem), request)
        })
    })
  })
}

/** Any error as a status and a text for who called; nothing of what is inside. */
function told(error: FastifyError): { readonly status: number; readonly text: string } {
  if (error.statusCode !== undefined && error.statusCode < 500)
    return { status: error.statusCode, text: error.message }
  const { code, kind, message } = toShoalError(error)
  return { status: kind.http, text: code === 'INTERNAL' ? 'Something went wrong here.' : message }
}

/** Clients say of all they send that it is JSON, also where it is nothing. */
function jsonOf(text: string): unknown {
  try {
    return text.trim() === '' ? undefined : JSON.parse(text)
  } catch (cause) {
    throw new ShoalError('INVALID_ARGUMENT', 'The body is not JSON.', { cause })
  }
}

/** The IP address of a caller; IPv4 as such, also where it came in over an IPv6 socket. */
export const callerOf = ({ ip }: { ip: string }): string => plainHost(ip)
