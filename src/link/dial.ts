import type { TLSSocket } from 'node:tls'
import { Client, connectivityState, type ServiceError } from '@grpc/grpc-js'
import type { Clock } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import { formatAddress, grpcTarget, type HostPort } from './address.ts'
import { asIs } from './codec.ts'
import { type IdentityCheck, IdentityCredentials } from './credentials.ts'
import type { Doorstep } from './doorstep.ts'
import { CLIENT_WINDOW_BYTES, MAX_MESSAGE_BYTES } from './limits.ts'
import type { LinkPoolOptions } from './pool-options.ts'
import type { PrivateNetwork } from './private-network.ts'
import type { Road, Tunnel } from './roads.ts'
import { reasonOf } from './streams.ts'
import { ALPN, type CertificateSource } from './tls.ts'
import { TunnelCredentials } from './tunnel-credentials.ts'

/** 2^31 - 1 ms, the longest timer there is: grpc-js closes nothing on its own account, the pool does. */
const NEVER_MS = 2 ** 31 - 1
/**
 * Longer than any attempt lives: grpc-js tries nothing a second time (it adds to this, so it is no {@link
 * NEVER_MS}).
 */
const NO_RETRY_MS = 3_600_000
/** A closed connection whose peer does not answer the goodbye is cut after this. */
const CLOSE_TIMEOUT_MS = 1000

/** How connections are made. */
export interface DialContext {
  certificates: CertificateSource
  clock: Clock
  /** As that of the certificates; undefined for the public network. */
  network?: PrivateNetwork | undefined
  options: Required<LinkPoolOptions>
}

/**
 * One live connection to one address, its other end proved. It does not reconnect: when it is lost, it is
 * over.
 */
export interface Connection {
  readonly client: Client
  readonly peerId: string
  /** HOST:PORT as dialled, or the multiaddr that the tunnel goes to. */
  readonly address: string
  readonly road: Road
  /** Resolves when the connection is over, whoever ended it. */
  readonly lost: Promise<void>
  /** Says goodbye: calls that run may finish, new ones fail. Resolves when the socket is closed. */
  close(): Promise<void>
}

/**
 * Connects to one address. Throws WRONG_IDENTITY when somebody else than `expectedPeerId` answers,
 * UNAUTHENTICATED when who answers proves nothing, UNAVAILABLE when nobody does in time, and the signal's
 * reason.
 */
export function dial(
  address: HostPort,
  expectedPeerId: string | undefined,
  signal: AbortSignal,
  context: DialContext,
): Promise<Connection> {
  return connect(context, signal, {
    target: grpcTarget(address),
    where: formatAddress(address),
    road: 'direct',
    expectedPeerId,
    credentials: (check) => new IdentityCredentials(check),
  })
}

/** The same through the stream of a tunnel, which is closed with the connection, or when there is none. Errors as {@link dial}. */
export async function dialTunnel(
  { stream, road, address }: Tunnel,
  expectedPeerId: string,
  signal: AbortSignal,
  context: DialContext & { doorstep: Doorstep },
): Promise<Connection> {
  try {
    return await connect(context, signal, {
      target: await context.doorstep.target(),
      where: address,
      road,
      expectedPeerId,
      credentials: (check) => new TunnelCredentials(check, stream),
    })
  } catch (error) {
    stream.destroy()
    throw error
  }
}

interface Way {
  target: string
  /** For people. */
  where: string
  road: Road
  expectedPeerId: string | undefined
  credentials(check: IdentityCheck): IdentityCredentials
}

async function connect(context: DialContext, signal: AbortSignal, way: Way): Promise<Connection> {
  signal.throwIfAborted()
  let proved: { peerId: string; socket: TLSSocket } | undefined
  let refusal: ShoalError | undefined
  const credentials = way.credentials({
    context: context.certificates.context(),
    clock: context.clock,
    network: context.network,
    expectedPeerId: way.expectedPeerId,
    alpn: ALPN,
    onProved: (peerId, socket) => {
      proved = { peerId, socket }
    },
    onRefused: (error) => {
      refusal = error
    },
  })
  const client = new Client(way.target, credentials, channelOptions(context.options))
  try {
    const ready = await settled(client, signal, context)
    if (ready && proved) return connection(client, way, proved)
    throw refusal ?? (await whyNot(client, way.where))
  } catch (error) {
    client.close()
    proved?.socket.destroy()
    throw error === TIMEOUT ? timeoutError(way.where, refusal, context) : error
  }
}

const TIMEOUT = Symbol('timeout')

/**
 * True when the channel is ready, false when it has tried all it knows. Throws the signal's reason, or
 * TIMEOUT.
 */
function settled(client: Client, signal: AbortSignal, context: DialContext): Promise<boolean> {
  const channel = client.getChannel()
  return new Promise((resolve, reject) => {
    const timer = context.clock.schedule(() => end(() => reject(TIMEOUT)), context.options.connectTimeoutMs)
    const onAbort = () => end(() => reject(reasonOf(signal)))
    let over = false
    const end = (settle: () => void) => {
      over = true
      timer.cancel()
      signal.removeEventListener('abort', onAbort)
      settle()
    }
    signal.addEventListener('abort', onAbort, { once: true })
    const look = () => {
      if (over) return
      const state = channel.getConnectivityState(true)
      if (state === connectivityState.READY) return end(() => resolve(true))
      if (state === connectivityState.TRANSIENT_FAILURE || state === connectivityState.SHUTDOWN)
        return end(() => resolve(false))
      channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, look)
    }
    look()
  })
}

/** A channel tells why it failed only to a call. */
async function whyNot(client: Client, where: string): Promise<ShoalError> {
  const { promise, resolve } = Promise.withResolvers<ServiceError | null>()
  client.makeUnaryRequest('/', asIs, asIs, Buffer.alloc(0), { deadline: Date.now() + 1000 }, resolve)
  const details = (await promise)?.details ?? ''
  const reason = /Last error: (?:Error: )?(.+?)\.?(?: Resolution note: .*)?$/.exec(details)?.[1] ?? details
  return new ShoalError('UNAVAILABLE', `${where} cannot be reached: ${reason}`)
}

function timeoutError(where: string, refusal: ShoalError | undefined, { options }: DialContext): ShoalError {
  const waited = `${where} did not answer within ${options.connectTimeoutMs} ms.`
  return refusal ?? new ShoalError('UNAVAILABLE', waited)
}

function connection(
  client: Client,
  { where, road }: Way,
  { peerId, socket }: { peerId: string; socket: TLSSocket },
): Connection {
  const channel = client.getChannel()
  const gone = new Promise<void>((resolve) => {
    if (socket.destroyed) resolve()
    else socket.once('close', () => resolve())
  })
  const lost = new Promise<void>((resolve) => {
    channel.watchConnectivityState(connectivityState.READY, Number.POSITIVE_INFINITY, () => {
      // Otherwise the channel would connect again by itself at the next call.
      client.close()
      resolve()
    })
  })
  return {
    client,
    peerId,
    address: where,
    road,
    lost,
    close: async () => {
      client.close()
      const timer = setTimeout(() => socket.destroy(), CLOSE_TIMEOUT_MS)
      await gone
      clearTimeout(timer)
    },
  }
}

function channelOptions(options: Required<LinkPoolOptions>): Record<string, number | string> {
  return {
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    'grpc-node.flow_control_window': CLIENT_WINDOW_BYTES,
    'grpc.keepalive_time_ms': options.keepaliveMs,
    'grpc.keepalive_timeout_ms': options.keepaliveTimeoutMs,
    'grpc.keepalive_permit_without_calls': 1,
    'grpc.client_idle_timeout_ms': NEVER_MS,
    // One channel, one socket, one peer: nothing is shared and nothing is tried again behind the pool's back.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    'grpc.initial_reconnect_backoff_ms': NO_RETRY_MS,
    'grpc.max_reconnect_backoff_ms': NO_RETRY_MS,
    // A proxy of the environment is for the web, not for peers; a DNS record must not configure the client.
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.enable_channelz': 0,
  }
}
