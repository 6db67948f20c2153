import type { OperationTable } from '../document/facts.ts'
import { NODE_EXAMPLES } from '../examples/node.ts'
import { INDEX_EXAMPLES as examples } from './examples.ts'

/** The operations of an index server. */
export const INDEX_OPERATIONS: OperationTable = {
  'GET /api/v1/search': {
    id: 'search',
    codes: ['INVALID_CID', 'RATE_LIMITED', 'BUSY', 'UNAVAILABLE'],
    example: examples.search,
  },
  'GET /api/v1/resources': {
    id: 'listResources',
    codes: ['INVALID_CID', 'RATE_LIMITED', 'BUSY', 'UNAVAILABLE'],
    example: examples.resources,
  },
  'GET /api/v1/resources/{cid}': {
    id: 'getResource',
    codes: ['INVALID_CID', 'NOT_FOUND', 'RATE_LIMITED', 'BUSY', 'UNAVAILABLE'],
    example: examples.hit,
  },
  'GET /api/v1/resources/{cid}/providers': {
    id: 'getProviders',
    codes: ['INVALID_CID', 'RATE_LIMITED', 'BUSY', 'UNAVAILABLE'],
    example: examples.providers,
  },
  'GET /api/v1/peers': { id: 'listPeers', codes: ['RATE_LIMITED'], example: examples.peers },
  'GET /api/v1/peers/{peerId}': {
    id: 'getPeer',
    codes: ['NOT_FOUND', 'RATE_LIMITED'],
    example: examples.peer,
  },
  'GET /api/v1/info': { id: 'getServerInfo', example: examples.info },

  'POST /api/v1/sessions/challenge': {
    id: 'getChallenge',
    again: 'another nonce.',
    codes: ['RATE_LIMITED'],
    example: examples.challenge,
  },
  'POST /api/v1/sessions': {
    id: 'login',
    again: '401 UNAUTHENTICATED, as a nonce serves once.',
    codes: ['UNAUTHENTICATED', 'RATE_LIMITED', 'BUSY'],
    example: examples.session,
  },
  'POST /api/v1/sessions/heartbeat': {
    id: 'heartbeat',
    again: 'the session lives longer.',
    codes: ['NOT_FOUND'],
    example: examples.heartbeat,
  },
  'DELETE /api/v1/sessions/current': { id: 'logout', again: '401 UNAUTHENTICATED.' },

  'POST /api/v1/resources': {
    id: 'publish',
    again: 'the same answer.',
    codes: ['CONFLICT', 'BUSY', 'UNAVAILABLE'],
    example: examples.published,
  },
  'POST /api/v1/resources/withdraw': {
    id: 'withdraw',
    again: 'none are left to take back.',
    codes: ['INVALID_CID', 'CONFLICT', 'BUSY', 'UNAVAILABLE'],
    example: examples.withdrawn,
  },
  'DELETE /api/v1/resources/{cid}': {
    id: 'withdrawOne',
    again: 'none are left to take back.',
    codes: ['INVALID_CID', 'CONFLICT', 'BUSY', 'UNAVAILABLE'],
    example: examples.withdrawn,
  },

  'GET /healthz': { id: 'getHealth', example: NODE_EXAMPLES.health },
  'GET /readyz': { id: 'getReadiness', codes: ['UNAVAILABLE'], example: NODE_EXAMPLES.ready },
  'GET /metrics': { id: 'getMetrics', example: examples.metrics },
}

/** What addresses that cannot be read, unforeseen faults and a server that stops may give with any of them. */
export const INDEX_ALWAYS = ['INVALID_ARGUMENT', 'INTERNAL', 'UNAVAILABLE'] as const
