import Fastify, { type FastifyServerOptions } from 'fastify'
import type { Logger } from '../base/log.ts'
import type { Api } from './context.ts'
import { answerClientError, frameworkProblem, installProblems } from './problem.ts'
import { takeJsonOnly } from './take-json-only.ts'
import { validatorCompiler } from './validate.ts'

export interface NewAppOptions extends Pick<FastifyServerOptions, 'requestTimeout' | 'routerOptions'> {
  /** Largest body, bytes. */
  readonly bodyLimit: number
  /** Most TCP connections at once. */
  readonly maxConnections: number
  readonly log: Logger
}

/** An HTTP API without routes, as all of Shoal's are: JSON only, own checks of requests, problem details for errors. */
export function newApp({ maxConnections, log, ...options }: NewAppOptions): Api {
  const app: Api = Fastify({
    ...options,
    logger: false,
    frameworkErrors: frameworkProblem,
    clientErrorHandler: answerClientError,
  })
  app.server.maxConnections = maxConnections
  app.setValidatorCompiler(validatorCompiler)
  // Response schemas describe; they neither filter nor convert.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  takeJsonOnly(app)
  installProblems(app, { log })
  return app
}
