import type { FastifyError, FastifyInstance } from 'fastify'
import { ShoalError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'

export interface RestOptions {
  /** A body that is said to be JSON, as it came; what it throws is answered. */
  parse(text: string): unknown
  /** The body of an answer that tells of an error. */
  refusal(text: string, error: unknown): object
  readonly log: Logger
}

/** REST calls with bodies and errors in a form of their own, whoever else is on the listener. */
export function rest(
  app: FastifyInstance,
  { parse, refusal, log }: RestOptions,
  routes: (scope: FastifyInstance) => void,
): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('application/json', { parseAs: 'string' }, async (_: unknown, text: string) =>
      parse(text),
    )
    scope.setErrorHandler<FastifyError>((error, _request, reply) => {
      const status = error instanceof ShoalError ? error.kind.http : (error.statusCode ?? 500)
      if (status === 500) log.error({ err: error }, 'a call of another system failed')
      const text = status === 500 ? 'Something went wrong here.' : error.message
      return reply.code(status).send(refusal(text, error))
    })
    routes(scope)
  })
}

/** The IP address of a caller; IPv4 as such, also where it came in over an IPv6 socket. */
export const callerOf = ({ ip }: { ip: string }): string => ip.replace(/^::ffff:(?=\d+\.)/i, '')
