import type { FastifyRequest } from 'fastify'
import type { Clock } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import type { Tracing } from '../../base/tracing.ts'
import { rateKey } from '../../index/addresses.ts'
import type { Challenges } from '../../index/challenges.ts'
import type { IndexRegistry } from '../../index/registry.ts'
import type { Asker } from '../../index/registry-types.ts'
import type { RateLimiter } from '../../index/token-bucket.ts'
import { plainHost } from '../../link/address.ts'
import type { Readiness } from '../readiness.ts'

/** What the server tells about itself. */
export interface IndexInfo {
  /** PeerId of the server's TLS certificate. */
  readonly peerId: string
  readonly version: string
  /** Where the gRPC server listens; a wildcard host (0.0.0.0, ::) is told as the host that the asker used. */
  readonly grpc: { readonly host: string; readonly port: number }
  /** Heading of the page for people. Default: Shoal index server. */
  readonly title?: string
}

/** What the routes work with. */
export interface IndexRestContext {
  readonly registry: IndexRegistry
  readonly info: IndexInfo
  readonly clock: Clock
  readonly challenges: Challenges
  /** For what is asked without any identity and is no search. */
  readonly loginRate: RateLimiter
  /** Whether it does its work yet. */
  readonly readiness: () => Readiness
  readonly tracing?: Tracing | undefined
}

/** The caller's host, IP address without port. */
export const hostOf = (request: FastifyRequest): string => plainHost(request.socket.remoteAddress)

/** Who asks, known by no more than the address. */
export function askerOf(request: FastifyRequest): Asker {
  const host = hostOf(request)
  return { key: rateKey(host), host }
}

/**
 * The PeerId whose session the bearer token of a request stands for.
 *
 * @throws ShoalError UNAUTHENTICATED
 */
export function callerOf(registry: IndexRegistry, request: FastifyRequest): string {
  const token = /^Bearer ([\w-]{1,100})$/i.exec(request.headers.authorization ?? '')?.[1]
  if (token === undefined) {
    throw new ShoalError(
      'UNAUTHENTICATED',
      'This needs "Authorization: Bearer TOKEN" with the token of a session.',
    )
  }
  return registry.authenticate(token)
}
