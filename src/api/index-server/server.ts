import type { AddressInfo } from 'node:net'
import { type Clock, sleep, systemClock } from '../../base/clock.ts'
import { ShoalError, toShoalError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import { type Random, systemRandom } from '../../base/random.ts'
import type { Tracing } from '../../base/tracing.ts'
import { Challenges } from '../../index/challenges.ts'
import type { IndexRegistry } from '../../index/registry.ts'
import { RateLimiter } from '../../index/token-bucket.ts'
import { formatAddress } from '../../link/address.ts'
import type { Api } from '../context.ts'
import type { Readiness } from '../readiness.ts'
import { buildIndexApp } from './app.ts'
import type { IndexInfo } from './context.ts'

export type { IndexInfo } from './context.ts'

/** Where the REST API listens when nothing is said. */
export const DEFAULT_INDEX_REST = { host: '127.0.0.1', port: 8080 } as const

/** Time that running requests get when the server stops, ms; then their connections are cut. */
const STOP_GRACE_MS = 1500

export interface IndexRestOptions {
  readonly registry: IndexRegistry
  readonly info: IndexInfo
  /** Default 127.0.0.1. Tokens travel in the clear: to be reached from elsewhere it belongs behind a server that does TLS. */
  readonly host?: string
  /** Default 8080; 0: any free port. */
  readonly port?: number
  readonly log: Logger
  readonly clock?: Clock
  readonly random?: Random
  /** Whether the server does its work yet. Default: it does as soon as it listens. */
  readonly readiness?: () => Readiness
  readonly tracing?: Tracing | undefined
  /** Take another port when the wanted one is taken; default false. */
  readonly fallbackToFreePort?: boolean
}

export interface IndexRest {
  /** `http://127.0.0.1:8080`, say. */
  readonly url: string
  readonly port: number
  /** Lets requests finish, then closes. May be called twice. */
  stop(): Promise<void>
}

/**
 * Starts the REST API of an index server.
 *
 * @throws ShoalError CONFLICT when the port is taken and may not give way; PERMISSION_DENIED for a port that this user
 *   may not have
 */
export async function startIndexRest(options: IndexRestOptions): Promise<IndexRest> {
  const { registry, info, clock = systemClock, random = systemRandom } = options
  const readiness = options.readiness ?? (() => ({ missing: [] }))
  const log = options.log.child({ module: 'index-api' })
  const { loginsPerSecond, loginBurst } = registry.options
  const challenges = new Challenges({ clock, random, serverPeerId: info.peerId })
  const loginRate = new RateLimiter(clock, { perSecond: loginsPerSecond, burst: loginBurst })
  const app = await buildIndexApp(
    { registry, info, clock, challenges, loginRate, readiness, tracing: options.tracing },
    log,
  )
  const { host = DEFAULT_INDEX_REST.host } = options
  const port = await listen(app, options)
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  const url = `http://${formatAddress({ host: shown, port })}`
  log.info({ url }, 'index REST API listens')
  let stopping: Promise<void> | undefined
  return {
    url,
    port,
    stop() {
      stopping ??= stop(app, clock)
      return stopping
    },
  }
}

async function listen(app: Api, options: IndexRestOptions): Promise<number> {
  const {
    host = DEFAULT_INDEX_REST.host,
    port = DEFAULT_INDEX_REST.port,
    fallbackToFreePort = false,
  } = options
  await app.ready()
  try {
    await app.listen({ host, port })
  } catch (error) {
    const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
    if (taken && fallbackToFreePort && port !== 0) return listen(app, { ...options, port: 0 })
    await app.close()
    if (!taken) throw toShoalError(error, 'UNAVAILABLE')
    throw new ShoalError(
      'CONFLICT',
      `Port ${port} on ${host} is taken. Choose another HTTP port, or 0 for any free one.`,
      {
        cause: error,
      },
    )
  }
  return (app.server.address() as AddressInfo).port
}

async function stop(app: Api, clock: Clock): Promise<void> {
  const closing = app.close()
  const cut = new AbortController()
  const grace = sleep(clock, STOP_GRACE_MS, cut.signal).then(
    () => app.server.closeAllConnections(),
    () => undefined,
  )
  await closing
  cut.abort()
  await grace
}
