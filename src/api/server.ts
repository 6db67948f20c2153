import type { AddressInfo } from 'node:net'
import { type Clock, sleep } from '../base/clock.ts'
import { ShoalError, toShoalError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { Tracing } from '../base/tracing.ts'
import { buildApp } from './app.ts'
import type { Api } from './context.ts'
import { EventLog } from './events/event-log.ts'
import { StreamHub, type StreamOptions } from './events/streams.ts'
import { type GuardPolicy, ownHosts } from './guard/guard.ts'
import { bearerCheck } from './guard/token.ts'
import type { NodePort } from './node-port.ts'

/** Port of the HTTP API when none was asked for by name. */
export const DEFAULT_HTTP_PORT = 8081

/** Time that running requests get when the server stops, ms; then their connections are cut. */
const STOP_GRACE_MS = 500

export interface NodeApiOptions {
  readonly port: NodePort
  /** Address to listen on; a loopback one unless something with its own login stands before it. */
  readonly host: string
  /** 0 takes any free one. */
  readonly httpPort: number
  /** Take any free port when `httpPort` is taken, instead of failing. */
  readonly fallbackToFreePort: boolean
  /** Bearer token, see token.ts. */
  readonly token: string
  /** Further values of `Host` (with port) that mean this node. */
  readonly allowedHosts?: readonly string[]
  /** Asked at every request: whether content is given to those who have no token. Default: yes. */
  readonly isGatewayOpen?: () => boolean
  readonly log: Logger
  readonly tracing?: Tracing | undefined
  readonly clock: Clock
  readonly streams?: Partial<StreamOptions>
}

export interface NodeApi {
  /** `http://127.0.0.1:8081`, say. */
  readonly url: string
  readonly port: number
  /** Ends open streams, lets requests finish for a moment, closes. Takes at most 2 s; may be called twice. */
  stop(): Promise<void>
}

/**
 * Starts the node's HTTP API.
 *
 * @throws ShoalError CONFLICT when the port is taken and may not give way; PERMISSION_DENIED for a port
 *   that this user may not have; INVALID_ARGUMENT for an address that this machine does not have
 */
export async function startNodeApi(options: NodeApiOptions): Promise<NodeApi> {
  const { port, clock, host } = options
  const log = options.log.child({ module: 'api' })
  const streams = new StreamHub({ clock, log, options: options.streams })
  const events = new EventLog(port.events, { run: clock.now().toString(36), log })
  const hasToken = bearerCheck(options.token)
  // Until it listens, no Host is right.
  let policy: GuardPolicy = { hosts: new Set(), hasToken }
  try {
    const app = await buildApp({
      ...{ port, streams, events, clock, log, policy: () => policy },
      isGatewayOpen: options.isGatewayOpen ?? (() => true),
      tracing: options.tracing,
    })
    const actual = await listen(app, options)
    policy = { hosts: ownHosts(actual, host, options.allowedHosts), hasToken }
    if (!isLoopback(host)) log.warn({ host }, 'the HTTP API can be reached from other machines')
    const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
    let stopping: Promise<void> | undefined
    return {
      url: `http://${name}:${actual}`,
      port: actual,
      stop() {
        stopping ??= stop(app, { streams, events, clock })
        return stopping
      },
    }
  } catch (error) {
    events.close()
    throw error
  }
}

async function listen(app: Api, options: NodeApiOptions): Promise<number> {
  const { host, httpPort, fallbackToFreePort } = options
  await app.ready()
  try {
    await app.listen({ host, port: httpPort })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE' && fallbackToFreePort && httpPort !== 0)
      return listen(app, { ...options, httpPort: 0 })
    await app.close()
    throw listenError(error, host, httpPort)
  }
  return (app.server.address() as AddressInfo).port
}

function listenError(error: unknown, host: string, httpPort: number): ShoalError {
  const { code } = error as NodeJS.ErrnoException
  const cause = { cause: error }
  switch (code) {
    case 'EADDRINUSE':
      return new ShoalError(
        'CONFLICT',
        `Port ${httpPort} on ${host} is taken by another program. Choose another HTTP port, or 0 for any free one.`,
        cause,
      )
    case 'EACCES':
      return new ShoalError('PERMISSION_DENIED', `This user may not listen on port ${httpPort}.`, cause)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ShoalError('INVALID_ARGUMENT', `${host} is no address of this machine.`, cause)
    default:
      return toShoalError(error)
  }
}

interface Running {
  streams: StreamHub
  events: EventLog
  clock: Clock
}

async function stop(app: Api, { streams, events, clock }: Running): Promise<void> {
  streams.stop()
  events.close()
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

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}
