import Fastify, { type FastifyServerOptions } from 'fastify'
import { ShoalError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { Api } from './context.ts'
import { takeJsonOnly } from './guard/take-json-only.ts'
import { answerClientError, frameworkProblem, installProblems } from './problem.ts'
import { validatorCompiler } from './requests/validate.ts'

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
    // Fastify's own answer is no problem details; see refuseWhileStopping.
    return503OnClosing: false,
    frameworkErrors: frameworkProblem,
    clientErrorHandler: answerClientError,
  })
  app.server.maxConnections = maxConnections
  app.setValidatorCompiler(validatorCompiler)
  // Response schemas describe; they neither filter nor convert.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  takeJsonOnly(app)
  installProblems(app, { log })
  refuseWhileStopping(app)
  return app
}

/** A connection that has something under way may bring another request after the server began to stop. */
function refuseWhileStopping(app: Api): void {
  let isStopping = false
  app.addHook('preClose', async () => {
    isStopping = true
  })
  app.addHook('onRequest', async () => {
    if (isStopping) throw new ShoalError('UNAVAILABLE', 'The server is stopping.')
  })
}
