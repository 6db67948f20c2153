import type { FastifyRequest } from 'fastify'
import { ShoalError } from '../../base/errors.ts'
import type { Api } from '../context.ts'
import { answers, PROBLEMS } from '../operation.ts'
import { askerOf, callerOf, hostOf, type IndexRestContext } from './context.ts'
import { about, NEEDS_TOKEN } from './operation.ts'
import * as schemas from './schemas.ts'

/** Being online for programs that are not nodes: who they are, a signature over a nonce proves. */
export function sessionRoutes(app: Api, { registry, challenges, loginRate }: IndexRestContext): void {
  const slowDown = (request: FastifyRequest) => {
    if (!loginRate.tryTake(askerOf(request).key)) throw new ShoalError('RATE_LIMITED')
  }

  app.post(
    '/api/v1/sessions/challenge',
    {
      schema: {
        ...about('sessions', 'Ask for a nonce', 'The first step of a login.'),
        body: schemas.ChallengeBody,
        response: answers(schemas.Challenge, 'What to sign'),
      },
    },
    (request) => {
      slowDown(request)
      return challenges.issue(request.body.peerId)
    },
  )

  app.post(
    '/api/v1/sessions',
    {
      schema: {
        ...about(
          'sessions',
          'Log in',
          'Starts a session, or renews one; a token given before is no longer good.',
        ),
        body: schemas.LoginBody,
        response: {
          201: { description: 'Logged in', content: { 'application/json': { schema: schemas.Session } } },
          ...PROBLEMS,
        },
      },
    },
    async (request, reply) => {
      slowDown(request)
      const { peerId, nonce, signature, name = '', addresses = [], version = '', grpcPort = 0 } = request.body
      challenges.redeem({ peerId, nonce, signature: Buffer.from(signature, 'base64') })
      const caller = { peerId, host: hostOf(request) }
      const session = await registry.loginWithToken(caller, { name, addresses, version, grpcPort })
      return reply.code(201).send(session)
    },
  )

  app.post(
    '/api/v1/sessions/heartbeat',
    {
      schema: {
        ...about('sessions', 'Send a sign of life'),
        ...NEEDS_TOKEN,
        response: answers(schemas.Heartbeat, 'The session lives'),
      },
    },
    (request) => registry.heartbeat(callerOf(registry, request)),
  )

  app.delete(
    '/api/v1/sessions/current',
    {
      schema: {
        ...about('sessions', 'Log out', 'Nothing of you is found from here on.'),
        ...NEEDS_TOKEN,
        response: { 204: { description: 'Logged out' }, ...PROBLEMS },
      },
    },
    async (request, reply) => {
      await registry.logout(callerOf(registry, request))
      return reply.code(204).send()
    },
  )
}
