import type { FastifyRequest } from 'fastify'
import { ShoalError } from '../../base/errors.ts'
import { parseCid } from '../../content/cid.ts'
import { formatAddress, parseAddress } from '../../link/address.ts'
import type { Api } from '../context.ts'
import { clientSignal } from '../events/client-signal.ts'
import { answers } from '../operation.ts'
import { askerOf, type IndexInfo, type IndexRestContext } from './context.ts'
import { hitJson, pageJson, peerJson } from './json.ts'
import { about } from './operation.ts'
import * as schemas from './schemas.ts'

/** What anybody may ask. */
export function readRoutes(app: Api, context: IndexRestContext): void {
  resourceRoutes(app, context)
  peerRoutes(app, context)
}

function resourceRoutes(app: Api, { registry }: IndexRestContext): void {
  app.get(
    '/api/v1/search',
    {
      schema: {
        ...about(
          'search',
          'Search',
          'Give at least one of q, sha256 and cid; all given must hold. The best hits first.',
        ),
        querystring: schemas.SearchParams,
        response: answers(schemas.SearchAnswer, 'Hits, one for each CID'),
      },
    },
    async (request, reply) => {
      using client = clientSignal(reply.raw)
      const { q, ...query } = request.query
      const hits = await registry.search({ ...query, words: q }, askerOf(request), client.signal)
      return { hits: hits.map(hitJson) }
    },
  )

  app.get(
    '/api/v1/resources',
    {
      schema: {
        ...about('search', 'List files', 'All, or those that match, in pages, the latest registered first.'),
        querystring: schemas.ResourceParams,
        response: answers(schemas.ResourcePage, 'A page'),
      },
    },
    async (request, reply) => {
      using client = clientSignal(reply.raw)
      const { q, prefix, ...query } = request.query
      const words = prefix === undefined ? q : `${q ?? ''} ${prefix}*`
      const { hits, cursor } = await registry.list({ ...query, words }, askerOf(request), client.signal)
      return pageJson('resources', hits.map(hitJson), cursor)
    },
  )

  app.get(
    '/api/v1/resources/:cid',
    {
      schema: {
        ...about('search', 'One file or folder'),
        params: schemas.CidPath,
        response: answers(schemas.Hit, 'It, as one of its providers describes it'),
      },
    },
    async (request, reply) => {
      using client = clientSignal(reply.raw)
      const query = { cid: parseCid(request.params.cid), limit: 1 }
      const [hit] = await registry.search(query, askerOf(request), client.signal)
      if (!hit) throw new ShoalError('NOT_FOUND', 'Nobody online has this.')
      return hitJson(hit)
    },
  )

  app.get(
    '/api/v1/resources/:cid/providers',
    {
      schema: {
        ...about('search', 'Who has it', 'In random order.'),
        params: schemas.CidPath,
        querystring: schemas.ProviderParams,
        response: answers(schemas.Providers, 'Peers online that have it; none is an answer too'),
      },
    },
    async (request, reply) => {
      using client = clientSignal(reply.raw)
      const query = { cid: request.params.cid, limit: request.query.limit }
      return { providers: await registry.providers(query, askerOf(request), client.signal) }
    },
  )
}

function peerRoutes(app: Api, { registry, info }: IndexRestContext): void {
  app.get(
    '/api/v1/peers',
    {
      schema: {
        ...about('peers', 'List peers', 'Those online, by PeerId, in pages.'),
        querystring: schemas.PeerParams,
        response: answers(schemas.PeerPage, 'A page'),
      },
    },
    (request) => {
      const { peers, cursor } = registry.peers(request.query, askerOf(request))
      return pageJson('peers', peers.map(peerJson), cursor)
    },
  )

  app.get(
    '/api/v1/peers/:peerId',
    {
      schema: {
        ...about('peers', 'One peer that is online'),
        params: schemas.PeerPath,
        response: answers(schemas.Peer, 'It'),
      },
    },
    (request) => peerJson(registry.peer(request.params.peerId, askerOf(request))),
  )

  app.get(
    '/api/v1/info',
    { schema: { ...about('service', 'About this server'), response: answers(schemas.Info, 'What it is') } },
    (request) => {
      const { heartbeatIntervalMs, missedHeartbeats } = registry.options
      return {
        peerId: info.peerId,
        version: info.version,
        grpc: grpcAddress(info, request),
        ...registry.stats(),
        heartbeatIntervalMs,
        leaseMs: heartbeatIntervalMs * missedHeartbeats,
      }
    },
  )

  app.get(
    '/healthz',
    { schema: { ...about('service', 'Whether it works'), response: answers(schemas.Health, 'It does') } },
    () => ({ status: 'ok' }),
  )
}

/** The gRPC address that is of use to the asker: listening on all interfaces it is the host by which HTTP was reached. */
export function grpcAddress(
  { grpc }: Pick<IndexInfo, 'grpc'>,
  request: Pick<FastifyRequest, 'headers' | 'socket'>,
): string {
  const { host, port } = grpc
  if (host !== '0.0.0.0' && host !== '::') return formatAddress({ host, port })
  return formatAddress({ host: hostAsked(request), port })
}

function hostAsked({ headers, socket }: Pick<FastifyRequest, 'headers' | 'socket'>): string {
  const asked = headers.host ?? ''
  try {
    return parseAddress(/:\d+$/.test(asked) ? asked : `${asked}:80`).host
  } catch {
    return socket.localAddress ?? '127.0.0.1'
  }
}
