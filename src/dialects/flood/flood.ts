import { plainHeaders } from '../../api/page/plain.ts'
import { giveFile } from '../common/give.ts'
import { type HttpPeer, HttpPeers } from '../common/http-peers.ts'
import { type Routes, rest } from '../common/rest.ts'
import { given, urlOf } from '../common/values.ts'
import type { Dialect, DialectContext } from '../dialect.ts'
import { splitHostPort } from '../hosts.ts'
import { SCRIPT, SEARCH_PAGE, statsPage } from './pages.ts'
import { type Address, floodQueries, readAddress, readHit, readQuery, readWanted } from './queries.ts'

/** Times, in ms, and `minActive` are those of the system itself. The bounds are of work at once, queries that began here, hits of each, and ids and hits that are known again. */
export const DEFAULT_FLOOD_OPTIONS = {
  ...{ heartbeatMs: 30_000, livenessMs: 60_000, inactiveMs: 300_000, forgetMs: 3_600_000 },
  ...{ minActive: 3, maxPeers: 32, callTimeoutMs: 5_000, findMs: 10_000, maxBytes: 1024 ** 3 },
  ...{ maxWork: 64, maxQueries: 200, maxHits: 100, maxSeen: 10_000 },
}

export type FloodOptions = Readonly<typeof DEFAULT_FLOOD_OPTIONS>

/** The peers of this node: it joins those of the configuration, keeps enough of them active, and tells them that it lives. */
export class Network extends HttpPeers<Address> {
  /** Notes a peer, unless it is this node, may not be called, or there is no room. */
  meet(address: Address | undefined) {
    return address && !this.isSelf(urlOf(address)) ? this.add(urlOf(address), address) : undefined
  }

  start(self: Address, { clock, peers }: DialectContext, options: FloodOptions): void {
    this.self = self
    const lacks = () => this.active().length < options.minActive
    const join = async (address: Address | undefined) => {
      const peer = this.meet(address)
      if (!peer || this.isActive(peer) || !(await this.ask(peer.url, '/ping'))) return
      const told = await this.ask(peer.url, '/join', self)
      if (told && told.status !== false) this.heard(peer)
    }
    const keepUp = async () => {
      this.takeGone()
      for (const listed of peers) await join(readAddress(splitHostPort(listed)))
      for (const { url } of lacks() ? this.active() : []) {
        const told = (await this.ask(url, '/get_peers', self))?.peers
        for (const other of Array.isArray(told) ? told : []) this.meet(readAddress(other))
      }
      for (const peer of this.all()) if (lacks()) await join(peer)
    }
    this.work.run(keepUp)
    this.work.every(clock, options.livenessMs, keepUp)
    this.work.every(clock, options.heartbeatMs, () => this.tell('/heartbeat', self))
  }
}

/** Where this system answers `[OBJECT, STATUS]`, the status on the wire is 200: its clients take no other. */
const told = (body?: object, status = 200) => [{ status: true, ...body }, status]

/** Peers that flood queries among each other, over REST, with two pages. */
export function floodDialect(context: DialectContext, changed: Partial<FloodOptions> = {}): Dialect {
  const options = { ...DEFAULT_FLOOD_OPTIONS, ...changed }
  const network = new Network(context, options)
  const queries = floodQueries(context, network, options)
  const known = (address: Address) => network.get(urlOf(address))
  const shown = (peer: HttpPeer<Address>) => {
    const seen = network.seenAt(peer).toUTCString()
    const status = network.isActive(peer) ? 'active' : 'inactive'
    return { host: peer.host, port: peer.port, status, last_seen: seen, last_update: seen }
  }
  const stats = () => ({ peers: network.all().map(shown), queries: queries.list() })
  const routes: Routes = (scope, post) => {
    scope.get('/ping', async () => told({}, 201))
    const met = (address: Address) => given(network.meet(address), 'PERMISSION_DENIED')
    post('/join', readAddress, (address) => ({ status: network.heard(met(address)) }))
    post('/heartbeat', readAddress, (address) => told({ status: network.heard(known(address)) }))
    post('/get_peers', readAddress, (address) => {
      const peers = network.active().map(({ host, port }) => ({ host, port }))
      return known(address) ? { status: true, peers } : { status: false, Msg: 'Join first.' }
    })
    post('/query', readQuery, (query) => told(queries.take(query)))
    post('/query_hit', readHit, queries.hit)
    post('/init_query', readWanted, (wanted) => told({ QID: queries.ask(wanted) }, 201))
    scope.get<{ Params: { id: string } }>('/query_results/:id', async ({ params: { id: QID } }) => {
      const results = queries.list().find(({ id }) => id === QID)?.responses
      if (!results) return told({ status: false, QID: null, msg: 'No query found.', results: [] }, 404)
      const msg = results.length ? 'Query results found.' : 'No results found.'
      return told({ status: results.length > 0, QID, msg, results })
    })
    scope.get<{ Params: { '*': string } }>('/download/*', ({ params: { '*': name } }, reply) =>
      giveFile(reply, context.node, { name, told: queries.told.get(name) }),
    )
    scope.get('/stats_all', async () => told(stats()))
    scope.get('/', async (_, reply) => reply.headers(plainHeaders(SCRIPT)).send(SEARCH_PAGE))
    scope.get('/stats', async (_, reply) => reply.headers(plainHeaders(SCRIPT)).send(statsPage(stats())))
  }
  return {
    name: 'flood',
    http: (app) => rest(app, { refusal: (msg) => ({ status: false, msg }), log: context.log }, routes),
    start: ({ host, port }) => network.start({ host, port }, context, options),
    stop: () => network.work.stop(),
    search: queries.search,
    view: () => ({ address: network.self, peers: stats().peers, queries: queries.list().length }),
  }
}
