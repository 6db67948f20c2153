import type { FastifyError, FastifyInstance } from 'fastify'
import { every, type Timer } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import type { Dialect, DialectAddress, DialectContext } from '../dialect.ts'
import { OwnFiles } from './own-files.ts'
import { Peers } from './peers.ts'
import { answer, isEmpty, parseBody, readFields } from './wire.ts'

export interface CentralOptions {
  /** A peer that is silent for so long is gone, at the latest after twice as long. */
  readonly silenceMs: number
  /** For a datagram's answer, both ways. */
  readonly fetchTimeoutMs: number
  /** For looking up Shoal's files and their MD5s. */
  readonly lookupTimeoutMs: number
  readonly maxPeers: number
  readonly maxFilesPerPeer: number
  /** Files of this node's that are listed. */
  readonly maxListed: number
}

/** Peers beat every 5 s and wait 10 s for a datagram. */
export const DEFAULT_CENTRAL_OPTIONS: CentralOptions = {
  ...{ silenceMs: 7_000, fetchTimeoutMs: 10_000, lookupTimeoutMs: 8_000 },
  ...{ maxPeers: 200, maxFilesPerPeer: 100, maxListed: 1_000 },
}

const PLACE = ['peer_id', 'peer_ip', 'peer_port'] as const
const REGISTRATION = [...PLACE, 'resource_path', 'resource_name', 'resource_hash'] as const

/** An index server whose clients register files over REST and fetch them from each other, each in one datagram over UDP. */
export function centralDialect(context: DialectContext, options: Partial<CentralOptions> = {}): Dialect {
  const all = { ...DEFAULT_CENTRAL_OPTIONS, ...options }
  const stop = new AbortController()
  const peers = new Peers(context, all)
  const own = new OwnFiles(context, all, stop.signal)
  let where: DialectAddress | undefined
  let sweeps: Timer | undefined

  async function resources(body: unknown) {
    if (!where) throw new ShoalError('UNAVAILABLE')
    if (isEmpty(body)) return [...peers.list(), ...(await own.list(where))]
    const { resource_name: name } = readFields(body, ['resource_name'])
    return peers.find(name) ?? (await own.find(name, where)) ?? {}
  }

  async function routes(app: FastifyInstance): Promise<void> {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('application/json', { parseAs: 'string' }, async (_: unknown, text: string) =>
      parseBody(text),
    )
    app.setErrorHandler<FastifyError>((error, _request, reply) => {
      const status = error instanceof ShoalError ? error.kind.http : (error.statusCode ?? 500)
      if (status === 500) context.log.error({ err: error }, 'a call of the central dialect failed')
      const data = status === 500 ? 'Something went wrong here.' : error.message
      return reply.code(status).send({ success: false, data })
    })
    app.get('/resource', async ({ body }) => answer(await resources(body)))
    app.post('/resource', async ({ body, ip }) => {
      peers.register(readFields(body, REGISTRATION), ip.replace(/^::ffff:/i, ''))
      return answer(body)
    })
    app.post('/heartbeat', async ({ body }) => {
      peers.beat(readFields(body, ['peer_id']).peer_id)
      return { success: true, data: 'Ok' }
    })
  }

  return {
    name: 'central',
    http: (app) => void app.register(routes),
    async datagram(message, { host }) {
      // A file is longer than its name: nobody has it sent to an address that never called.
      return context.calls.mayCall(host) ? own.read(Buffer.from(message).toString()) : undefined
    },
    start(at) {
      where = at
      sweeps = every(context.clock, all.silenceMs, () => peers.sweep())
    },
    async stop() {
      sweeps?.cancel()
      stop.abort(new ShoalError('CANCELLED'))
    },
    view: () => peers.view(),
  }
}
