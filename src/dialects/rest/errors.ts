import type { FastifyInstance } from 'fastify'
import { ShoalError, toShoalError } from '../../base/errors.ts'

/** What is wrong with a value that could not be read, or the value. @throws ShoalError INVALID_ARGUMENT */
export function given<T>(value: T | undefined, problem: string): T {
  if (value === undefined) throw new ShoalError('INVALID_ARGUMENT', problem)
  return value
}

/**
 * A scope whose errors are in the words of its system, and in which a body may be missing though its type is told: clients set that for all they send.
 */
export function inWordsOf(scope: FastifyInstance, errorBody: (message: string) => object): void {
  const parse = scope.getDefaultJsonParser('error', 'ignore')
  scope.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) =>
    body === '' ? done(null, undefined) : parse(request, body, done),
  )
  scope.setErrorHandler((error, _request, reply) => {
    const { status, message } = errorAnswer(error)
    return reply.code(status).send(errorBody(message))
  })
}

/** Any error as an HTTP status and a text for who called; nothing of what is inside. */
function errorAnswer(error: unknown): { readonly status: number; readonly message: string } {
  // What Fastify refuses by itself: bodies that are no JSON, too long ones.
  if (error instanceof Error && 'statusCode' in error && Number(error.statusCode) < 500)
    return { status: Number(error.statusCode), message: error.message }
  const { code, kind, message } = toShoalError(error)
  return { status: kind.http, message: code === 'INTERNAL' ? kind.message : message }
}
