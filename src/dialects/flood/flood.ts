import type { FastifyInstance, FastifyReply } from 'fastify'
import { ShoalError } from '../../base/errors.ts'
import type { Dialect, DialectContext } from '../dialect.ts'
import { given, inWordsOf } from '../rest/errors.ts'
import { giveFile } from '../rest/give.ts'
import { nameOf } from '../rest/values.ts'
import { peerJson, queryJson } from './json.ts'
import { Network } from './network.ts'
import { DEFAULT_FLOOD_OPTIONS, type FloodOptions } from './options.ts'
import { PAGE_CSP, SEARCH_PAGE, statsPage } from './pages.ts'
import { Queries } from './queries.ts'
import { readAddress, readHit, readQuery, readWanted } from './wire.ts'

/** Peers that flood queries among each other, over REST, with two pages. */
export function floodDialect(context: DialectContext, options: Partial<FloodOptions> = {}): Dialect {
  const settings = { ...DEFAULT_FLOOD_OPTIONS, ...options }
  const network = new Network(context, settings)
  const queries = new Queries(context, network, settings)
  const stats = () => ({
    peers: network.peers.all().map(peerJson),
    queries: queries.own().map(queryJson).reverse(),
  })
  return {
    name: 'flood',
    http: (app) =>
      void app.register(async (scope) => {
        inWordsOf(scope, (msg) => ({ status: false, msg }))
        peerRoutes(scope, network)
        queryRoutes(scope, queries, settings)
        scope.get<Named>('/download/*', { exposeHeadRoute: false }, ({ params }, reply) =>
          giveFile(reply, context.node, (signal) => queries.named(nameOf(params['*']) ?? '', signal)),
        )
        scope.get('/stats_all', async () => [{ status: true, ...stats() }, 200])
        scope.get('/', async (_request, reply) => page(reply, SEARCH_PAGE))
        scope.get('/stats', async (_request, reply) => page(reply, statsPage(stats())))
      }),
    start: ({ host, port }) => network.start({ host, port }),
    stop: () => network.stop(),
    search: (query, signal) => queries.search(query, signal),
    view: () => ({ address: network.self, peers: stats().peers, queries: queries.own().length }),
  }
}

interface Named {
  Params: { '*': string }
}

/** Where this system answers `[OBJECT, STATUS]`, the status on the wire is 200: its clients take no other. */
function peerRoutes(scope: FastifyInstance, network: Network): void {
  scope.get('/ping', async () => [{ status: true }, 201])
  scope.post('/join', async ({ body }) => {
    const peer = network.meet(given(readAddress(body), 'Send host and port.'))
    if (!peer)
      throw new ShoalError(
        'PERMISSION_DENIED',
        'This peer is not taken in: it cannot be called, or there is no room.',
      )
    network.alive(peer)
    return { status: true }
  })
  scope.post('/heartbeat', async ({ body }) => {
    const peer = network.peers.get(given(readAddress(body), 'Send host and port.'))
    if (peer) network.alive(peer)
    return [{ status: peer !== undefined }, 200]
  })
  scope.post('/get_peers', async ({ body }) => {
    const peer = network.peers.get(given(readAddress(body), 'Send host and port.'))
    if (!peer) return { status: false, Msg: 'Join first.' }
    return { status: true, peers: network.peers.in('active').map(({ host, port }) => ({ host, port })) }
  })
}

function queryRoutes(scope: FastifyInstance, queries: Queries, options: FloodOptions): void {
  scope.post('/query', async ({ body }) => {
    queries.take(given(readQuery(body, options), 'Send filename or filehash, host, port, ttl and QID.'))
    return [{ status: true }, 200]
  })
  scope.post('/query_hit', async ({ body }) => {
    const { id, hit } = given(readHit(body), 'Send filename, filehash, host, port and QID.')
    queries.hit(id, hit)
    return { status: 'success' }
  })
  scope.post('/init_query', async ({ body }) => {
    const wanted = given(readWanted(body), 'Send filename, or filehash as 64 hex digits.')
    return [{ status: true, QID: await queries.init(wanted) }, 201]
  })
  scope.get<{ Params: { id: string } }>('/query_results/:id', async ({ params: { id: QID } }) => {
    const query = queries.get(QID)
    if (!query) return [{ status: false, QID: null, msg: 'No query found.', results: [] }, 404]
    const results = queryJson(query).responses
    const msg = results.length ? 'Query results found.' : 'No results found.'
    return [{ status: results.length > 0, QID, msg, results }, 200]
  })
}

function page(reply: FastifyReply, html: string): FastifyReply {
  const headers = {
    'content-security-policy': PAGE_CSP,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  }
  return reply.headers(headers).type('text/html; charset=utf-8').send(html)
}
