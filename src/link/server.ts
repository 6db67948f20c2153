import type { Http2Server, ServerHttp2Session } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { DescService } from '@bufbuild/protobuf'
import { type ConnectionInjector, Server, ServerCredentials } from '@grpc/grpc-js'
import { type Clock, systemClock } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { abortable, withDeadline } from '../base/signals.ts'
import type { Tracing } from '../base/tracing.ts'
import { CallScopes } from './call-scopes.ts'
import { Gate } from './gate.ts'
import type { Identity } from './identity.ts'
import { addIntrospection } from './introspection.ts'
import {
  MAX_MESSAGE_BYTES,
  MAX_STREAMS_PER_CONNECTION,
  SERVER_CONNECTION_WINDOW_BYTES,
  SERVER_STREAM_WINDOW_BYTES,
} from './limits.ts'
import { acceptedLine } from './line.ts'
import type { PrivateNetwork } from './private-network.ts'
import type { ServiceImpl } from './rpc.ts'
import { grpcService } from './server-calls.ts'
import { DEFAULT_LINK_SERVER_OPTIONS, type LinkServerOptions } from './server-options.ts'
import { wireAlpn } from './tls.ts'

export { DEFAULT_LINK_SERVER_OPTIONS, type LinkServerOptions } from './server-options.ts'

/** What a server is made from. */
export interface LinkServerContext {
  identity: Identity
  /** `127.0.0.1`, `0.0.0.0`, `::` (IPv4 too where the system allows it) or any own address. */
  host: string
  /** 0 = any free port. */
  port: number
  log: Logger
  clock: Clock
  /** Only its members are answered; undefined for the public network. */
  network?: PrivateNetwork | undefined
  options?: LinkServerOptions
  tracing?: Tracing | undefined
}

/** Takes over a line that a peer has opened. */
export type LineTaker = (line: ReturnType<typeof acceptedLine>) => void

type State = 'new' | 'starting' | 'running' | 'stopping' | 'stopped'

/** Answers the calls of peers: gRPC over HTTP/2 over mutual TLS 1.3, each caller known by its PeerId. */
export class LinkServer {
  readonly #context: LinkServerContext
  readonly #options: Required<LinkServerOptions>
  readonly #scopes: CallScopes
  readonly #grpc: Server
  readonly #injector: ConnectionInjector
  readonly #gate: Gate
  readonly #lines = new Map<string, LineTaker>()
  #services: string[] = []
  #state: State = 'new'
  #stopped: Promise<void> | undefined
  #setServing: (serving: boolean) => void = () => {}

  constructor(context: LinkServerContext) {
    this.#context = context
    this.#options = { ...DEFAULT_LINK_SERVER_OPTIONS, ...context.options }
    this.#scopes = new CallScopes(context.log, context.tracing)
    this.#grpc = new Server({
      'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
      'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
      'grpc.max_concurrent_streams': MAX_STREAMS_PER_CONNECTION,
      'grpc.max_connection_idle_ms': this.#options.idleTimeoutMs,
      'grpc.keepalive_time_ms': this.#options.keepaliveMs,
      'grpc.keepalive_timeout_ms': this.#options.keepaliveTimeoutMs,
      // Channelz keeps a record of every connection for a service that is not offered.
      'grpc.enable_channelz': 0,
    })
    // TLS is done by the gate; what comes through it is decrypted.
    this.#injector = this.#grpc.createConnectionInjector(ServerCredentials.createInsecure())
    raiseWindows(this.#grpc)
    this.#gate = new Gate({
      ...context,
      options: this.#options,
      onPeer: (socket) => this.#injector.injectConnection(socket),
      lineTaker: (alpn) => {
        const isPrivate = context.network !== undefined
        const take = [...this.#lines].find(([name]) => wireAlpn(name, isPrivate) === alpn)?.[1]
        return take && ((socket, peer) => take(acceptedLine(socket, peer)))
      },
    })
  }

  /** Answers the methods of a service with `impl`. Before {@link start}. */
  addService<S extends DescService>(service: S, impl: ServiceImpl<S>): void {
    this.#require('new')
    const { definition, implementation } = grpcService(service, impl, this.#scopes)
    this.#grpc.addService(definition, implementation)
    this.#services.push(service.typeName)
  }

  /** Speaks another protocol, too, on the same port: whoever asks for `alpn` and has proved a PeerId is given to `take`. Before {@link start}. */
  addLine(alpn: string, take: LineTaker): void {
    this.#require('new')
    this.#lines.set(alpn, take)
  }

  /** Listens; resolves with where. Throws CONFLICT when the port is taken and `fallbackToFreePort` is off. */
  async start(): Promise<{ host: string; port: number }> {
    this.#require('new')
    this.#state = 'starting'
    this.#setServing = addIntrospection(this.#grpc, this.#services)
    const { host, port } = this.#context
    const bound = await this.#gate.listen({
      host,
      port,
      fallbackToFreePort: this.#options.fallbackToFreePort,
    })
    this.#state = 'running'
    return bound
  }

  /**
   * Takes a connection that came another way (a tunnel): the other end makes the same TLS handshake on it.
   */
  injectConnection(connection: Duplex): void {
    if (this.#state === 'running') this.#gate.admit(connection)
    else connection.destroy()
  }

  /**
   * * Takes no more connections and calls, lets running calls finish for `graceMs` (default 2000), then
   * aborts them. Leaves no socket behind.
   */
  stop({ graceMs = 2000 }: { graceMs?: number } = {}): Promise<void> {
    this.#stopped ??= this.#stop(graceMs)
    return this.#stopped
  }

  async #stop(graceMs: number): Promise<void> {
    this.#state = 'stopping'
    this.#setServing(false)
    this.#gate.close()
    // Says goodbye to every client; each connection closes when its last call is over. Its callback comes
    // too early.
    this.#grpc.tryShutdown(() => {})
    // Real time: sockets know of no other clock.
    using grace = withDeadline(systemClock, graceMs)
    await abortable(this.#gate.empty(), grace.signal).catch(() => {})
    this.#scopes.abortAll(new ShoalError('CANCELLED', 'The server is stopping.'))
    // One turn, so that handlers can still say so to their callers.
    await new Promise((resolve) => setImmediate(resolve))
    this.#grpc.forceShutdown()
    await this.#gate.cut()
    this.#state = 'stopped'
  }

  /** A snapshot for people who look for a fault. */
  getDebugState(): Record<string, unknown> {
    return {
      state: this.#state,
      services: this.#services,
      ...this.#gate.getDebugState(),
      calls: this.#scopes.getDebugState(),
    }
  }

  #require(state: State): void {
    if (this.#state !== state)
      throw new ShoalError('CONFLICT', `The link server is ${this.#state}, not ${state}.`)
  }
}

/**
 * grpc-js has no option for a server's HTTP/2 windows and keeps its HTTP/2 server to itself. Reached for
 * all the same: with Node's 64 KiB an upload stops at 5 Mbit/s over 100 ms. A test notices if this stops
 * working.
 */
function raiseWindows(grpc: Server): void {
  const { http2Servers } = grpc as unknown as { http2Servers?: Map<Http2Server, unknown> }
  for (const http2Server of http2Servers?.keys() ?? []) {
    http2Server.updateSettings({ initialWindowSize: SERVER_STREAM_WINDOW_BYTES })
    http2Server.on('session', (session: ServerHttp2Session) => {
      session.setLocalWindowSize(SERVER_CONNECTION_WINDOW_BYTES)
    })
  }
}
