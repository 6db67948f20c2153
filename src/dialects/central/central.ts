import { every, type Timer } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { callerOf, rest } from '../common/rest.ts'
import type { Dialect, DialectAddress, DialectContext } from '../dialect.ts'
import { OwnFiles } from './own-files.ts'
import { Peers } from './peers.ts'
import { answer, isEmpty, parseBody, REGISTRATION, readFields } from './wire.ts'

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

/** An index server whose clients register files over REST and fetch them from each other, each in one datagram over UDP. */
export function centralDialect(context: DialectContext, options: Partial<CentralOptions> = {}): Dialect {
  const all = { ...DEFAULT_CENTRAL_OPTIONS, ...options }
  const stop = new AbortController()
  const peers = new Peers(context, all)
  const own = new OwnFiles(context, all, stop.signal)
  const refusal = (data: string) => ({ success: false, data })
  let where: DialectAddress | undefined
  let sweeps: Timer | undefined

  async function resources(body: unknown) {
    if (!where) throw new ShoalError('UNAVAILABLE')
    if (isEmpty(body)) return [...peers.list(), ...(await own.list(where))]
    const { resource_name: name } = readFields(body, ['resource_name'])
    return peers.find(name) ?? (await own.find(name, where)) ?? {}
  }

  return {
    name: 'central',
    http: (app) =>
      rest(app, { parse: parseBody, refusal, log: context.log }, (scope) => {
        scope.get('/resource', async ({ body }) => answer(await resources(body)))
        scope.post('/resource', async (request) => {
          peers.register(readFields(request.body, REGISTRATION), callerOf(request))
          return answer(request.body)
        })
        scope.post('/heartbeat', async ({ body }) => {
          peers.beat(readFields(body, ['peer_id']).peer_id)
          return { success: true, data: 'Ok' }
        })
      }),
    // A file is longer than its name: nobody has it sent to an address that never called.
    datagram: async (message, { host }) =>
      context.calls.mayCall(host) ? own.read(Buffer.from(message).toString()) : undefined,
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
