import {
  type CircuitRelayTransportComponents,
  type CircuitRelayTransportInit,
  circuitRelayTransport,
} from '@libp2p/circuit-relay-v2'
import type { Connection, PeerId, Stream, Transport } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Multiaddr } from '@multiformats/multiaddr'
import { CODE_P2P, CODE_P2P_CIRCUIT } from '@multiformats/multiaddr'
import { ShoalError } from '../../base/errors.ts'
import type { RelayDealings } from './dealings.ts'

/** Relayed connections that come in over one connection to a relay, and go out; each is a stream. libp2p's default is 300. */
const MAX_STOP_STREAMS = 512
/** A reservation must be made within this, ms: libp2p's default of 5 s is short for a first connection through a slow network. */
const RESERVATION_MS = 10_000

export interface ShoalRelayTransportInit extends CircuitRelayTransportInit {
  /** Hears of the relays that are dealt with; the notices need to know. */
  readonly dealings: RelayDealings
}

/** The parts of libp2p's transport that are made use of; its class is not exported. */
interface RelayTransport extends Transport {
  readonly reservationStore: ReservationStore
  onStop(stream: Stream, connection: Connection): Promise<void>
}

interface ReservationStore {
  relayFilter: unknown
  addRelay(peer: PeerId, type: string): Promise<unknown>
  hasReservation(peer: PeerId): boolean
}

/**
 * libp2p's relay transport, for a host's `transports`, with two of its habits undone:
 *
 * - A peer that once did not speak the relay protocol, or could not be dialled for want of room in the queue, is never asked for a reservation
 *   again (`relayFilter`, as of 4.2.13): a node that becomes a relay later would have no clients among those who knew it before. Who asks here
 *   waits longer after each failure (`RelayReservations`), so nothing needs to be remembered.
 * - Whoever opens a STOP stream is taken for a relay of this node, and is asked for a reservation. A stranger could so make this
 *   node reachable through itself, and each stream leaves a listener behind. Here only relays with a reservation may bring in connections.
 */
export function shoalRelayTransport(
  init: ShoalRelayTransportInit,
): (components: CircuitRelayTransportComponents) => Transport {
  const { dealings, ...rest } = init
  const create = circuitRelayTransport({
    maxInboundStopStreams: MAX_STOP_STREAMS,
    maxOutboundStopStreams: MAX_STOP_STREAMS,
    reservationCompletionTimeout: RESERVATION_MS,
    ...rest,
  })
  return (components) => {
    const transport = create(components) as RelayTransport
    checkParts(transport)
    forgetFailures(transport.reservationStore)
    const asked = watchReservations(transport.reservationStore, dealings)
    dealings.alsoWhile((relayId) => transport.reservationStore.hasReservation(peerIdFromString(relayId)))
    guardStop(transport, asked, dealings)
    watchDials(transport, dealings)
    return transport
  }
}

/** A filter that remembers nothing; libp2p puts a new one in its place now and then, which is let go. */
function forgetFailures(store: ReservationStore): void {
  const filter = { has: () => false, add: () => {}, remove: () => {} }
  Object.defineProperty(store, 'relayFilter', { get: () => filter, set: () => {} })
}

/** Relays that are just being asked for a reservation, and when that is done. */
type Asked = ReadonlyMap<string, Promise<unknown>>

function watchReservations(store: ReservationStore, dealings: RelayDealings): Asked {
  const asked = new Map<string, Promise<unknown>>()
  const addRelay = store.addRelay.bind(store)
  store.addRelay = (peer, type) => {
    const relayId = peer.toString()
    // libp2p proposes every relay that it is connected with; that alone is no dealing.
    if (type === 'configured') dealings.note(relayId)
    const asking = addRelay(peer, type)
    const done = asking.then(
      () => {},
      () => {},
    )
    asked.set(relayId, done)
    void done.then(() => {
      if (asked.get(relayId) === done) asked.delete(relayId)
    })
    return asking
  }
  return asked
}

function guardStop(transport: RelayTransport, asked: Asked, dealings: RelayDealings): void {
  const { reservationStore: store } = transport
  const onStop = transport.onStop
  transport.onStop = async (stream, connection) => {
    const relayId = connection.remotePeer.toString()
    // The relay may be faster to bring somebody than this node is to note that it has the reservation.
    if (!store.hasReservation(connection.remotePeer)) await asked.get(relayId)
    if (!store.hasReservation(connection.remotePeer)) {
      stream.abort(new Error('there is no reservation with this relay'))
      return
    }
    if (stream.status === 'open') stream.addEventListener('close', dealings.hold(relayId), { once: true })
    await onStop(stream, connection)
  }
}

function watchDials(transport: RelayTransport, dealings: RelayDealings): void {
  const dial = transport.dial.bind(transport)
  transport.dial = async (address, options) => {
    const relayId = relayOf(address)
    if (relayId === undefined) return dial(address, options)
    const release = dealings.hold(relayId)
    try {
      const connection = await dial(address, options)
      if (connection.status === 'open') connection.addEventListener('close', release, { once: true })
      else release()
      return connection
    } catch (error) {
      release()
      throw error
    }
  }
}

/** The PeerId of the relay in a relayed address; undefined when it names none. */
export function relayOf(address: Multiaddr): string | undefined {
  const components = address.getComponents()
  const circuit = components.findIndex(({ code }) => code === CODE_P2P_CIRCUIT)
  return components.slice(0, Math.max(0, circuit)).findLast(({ code }) => code === CODE_P2P)?.value
}

function checkParts(transport: RelayTransport): void {
  const store = transport.reservationStore
  const isKnown =
    typeof transport.onStop === 'function' &&
    typeof store?.addRelay === 'function' &&
    typeof store.hasReservation === 'function' &&
    'relayFilter' in store
  if (!isKnown) throw new ShoalError('INTERNAL', "libp2p's relay transport is not the one this was made for.")
}
