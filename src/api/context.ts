import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance, FastifyTypeProvider, RawServerDefault } from 'fastify'
import type { Static, TSchema } from 'typebox'
import type { Clock } from '../base/clock.ts'
import type { EventLog } from './events/event-log.ts'
import type { StreamHub } from './events/streams.ts'
import type { NodePort } from './node-port.ts'

/**
 * Types of what routes get follow from their schemas; what they answer is held against its schema by a test.
 */
interface ApiTypes extends FastifyTypeProvider {
  validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown
  serializer: unknown
}

export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ApiTypes
>

/** What the routes work with. */
export interface ApiContext {
  readonly port: NodePort
  readonly streams: StreamHub
  readonly events: EventLog
  readonly clock: Clock
  /** Whether who sends this `Authorization` is the owner. */
  readonly isOwner: (authorization: string | undefined) => boolean
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Reading needs the token too. */
    secret?: boolean
    /** Its answers have an ETag, see etags.ts. */
    tagged?: boolean
  }
}
