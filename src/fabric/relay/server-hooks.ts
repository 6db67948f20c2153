import { type CircuitRelayServerComponents, circuitRelayServer } from '@libp2p/circuit-relay-v2'
import type { AbortOptions, Connection, Startable, Stream } from '@libp2p/interface'
import { ShoalError } from '../../base/errors.ts'
import type { RelayOptions } from './options.ts'
import { spent } from './spent-stream.ts'

/** HOP streams that one connection may have open: each relayed connection of a dialler is one. The own limits are lower. */
const MAX_STREAMS = 1024

/** A wish to be connected, from the moment that the target is about to be asked. */
export interface Admitted {
  /** Both ends have agreed: what they send from now on is for each other. */
  readonly join: (diallerStream: Stream, targetStream: Stream) => void
  /** It came to nothing. Not called after `join`. */
  readonly fail: () => void
}

/** What is decided outside libp2p's relay. */
export interface ServerHooks {
  /** Whether a peer that is connected through `connection` may have a reservation. Called before each, renewals too. */
  readonly reserve: (connection: Connection) => boolean
  /** A reservation was asked for over `connection` and is given or refused by now. */
  readonly reserved: (connection: Connection) => void
  /** Whether `dialler` may be connected with `target`; undefined refuses. */
  readonly connect: (dialler: Connection, target: Connection) => Admitted | undefined
  /** The connection over which a target is asked: one that is not itself relayed. */
  readonly roadTo: (target: Connection) => Connection | undefined
}

/** The parts of libp2p's relay that are made use of: those of its public class, which it does not export. */
export interface RelayServer extends Startable {
  readonly reservations: {
    readonly size: number
    entries(): IterableIterator<[{ toString(): string }, HeldReservation]>
    delete(peerId: unknown): void
  }
  handleReserve(hop: HopCall, options: AbortOptions): Promise<void>
  handleConnect(hop: HopCall, options: HookOptions): Promise<void>
  stopHop(stop: StopCall, options: HookOptions): Promise<Stream | undefined>
}

interface HeldReservation {
  readonly addr: Connection['remoteAddr']
  readonly signal: { clear(): void }
}

interface HopCall {
  readonly connection: Connection
  readonly stream: { unwrap(): Stream }
}

interface StopCall {
  readonly connection: Connection
}

/** libp2p hands the options of `handleConnect` on to `stopHop`: so the two are known to belong together. */
interface HookOptions extends AbortOptions {
  shoalCall?: ConnectCall
}

interface ConnectCall {
  readonly dialler: Connection
  admitted?: Admitted | undefined
  targetStream?: Stream | undefined
}

/**
 * libp2p's relay with its decisions and its copying replaced, its protocol not. Three public methods of the instance are wrapped, because
 * there all is known: `handleReserve` has the address of who asks, `stopHop` both connections, and `handleConnect` hands out the dialler's
 * stream exactly when the handshake is over. Rejected: wrapping the registrar and `newStream`, where one would have to read the protocol along
 * to tell a reservation from a connection and a handshake from data; libp2p's stream middleware, which it calls once more with each stream
 * that comes in. That a later version lacks one of these methods is found out at once, when the relay is made.
 */
export function hookedServer(
  components: CircuitRelayServerComponents,
  hooks: ServerHooks,
  options: RelayOptions,
): RelayServer {
  const asking = new Map<string, Connection>()
  const { connectionGater } = components
  const gater: typeof connectionGater = {
    ...connectionGater,
    async denyInboundRelayReservation(peerId) {
      if (await connectionGater.denyInboundRelayReservation?.(peerId)) return true
      const connection = asking.get(peerId.toString())
      return connection === undefined || !hooks.reserve(connection)
    },
  }
  const server = circuitRelayServer({
    maxInboundHopStreams: MAX_STREAMS,
    maxOutboundStopStreams: MAX_STREAMS,
    reservations: {
      maxReservations: Number.MAX_SAFE_INTEGER,
      reservationTtl: options.reservationMs,
      // Goes to clients as it is, and the specification says seconds there. As libp2p's own timer, in ms, it ends nothing: see SpentStream.
      defaultDurationLimit: Math.ceil(options.connectionMs / 1000),
      defaultDataLimit: BigInt(options.connectionBytes),
    },
  })(withGater(components, gater)) as unknown as RelayServer
  checkMethods(server)

  const handleReserve = server.handleReserve.bind(server)
  server.handleReserve = async (hop, abort) => {
    const key = hop.connection.remotePeer.toString()
    asking.set(key, hop.connection)
    try {
      await handleReserve(hop, abort)
    } finally {
      asking.delete(key)
      hooks.reserved(hop.connection)
    }
  }
  wrapConnect(server, hooks)
  return server
}

function wrapConnect(server: RelayServer, hooks: ServerHooks): void {
  const handleConnect = server.handleConnect.bind(server)
  const stopHop = server.stopHop.bind(server)

  server.handleConnect = async (hop, abort) => {
    const call: ConnectCall = { dialler: hop.connection }
    const unwrap = () => {
      const stream = hop.stream.unwrap()
      const { admitted, targetStream } = call
      if (!admitted || !targetStream) throw new ShoalError('INTERNAL', 'the target was not asked')
      call.admitted = undefined
      admitted.join(stream, targetStream)
      return spent(stream)
    }
    try {
      await handleConnect({ ...hop, stream: { ...hop.stream, unwrap } }, { ...abort, shoalCall: call })
    } finally {
      if (call.admitted) {
        call.admitted.fail()
        call.targetStream?.abort(new Error('the dialler has gone'))
      }
    }
  }

  server.stopHop = async (stop, abort) => {
    const call = abort.shoalCall
    const connection = hooks.roadTo(stop.connection)
    if (!call || !connection) return undefined
    call.admitted = hooks.connect(call.dialler, connection)
    if (!call.admitted) return undefined
    call.targetStream = await stopHop({ ...stop, connection }, abort)
    return call.targetStream && spent(call.targetStream)
  }
}

/** libp2p's components refuse to be copied, so each is named. */
function withGater(
  components: CircuitRelayServerComponents,
  connectionGater: CircuitRelayServerComponents['connectionGater'],
): CircuitRelayServerComponents {
  const { registrar, peerStore, addressManager, peerId, privateKey, connectionManager, logger, metrics } =
    components
  return {
    registrar,
    peerStore,
    addressManager,
    peerId,
    privateKey,
    connectionManager,
    connectionGater,
    logger,
    ...(metrics && { metrics }),
  }
}

function checkMethods(server: RelayServer): void {
  for (const name of ['handleReserve', 'handleConnect', 'stopHop'] as const)
    if (typeof server[name] !== 'function')
      throw new ShoalError('INTERNAL', `libp2p's relay has no ${name} any more.`)
}
