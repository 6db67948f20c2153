import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type {
  Connection,
  IdentifyResult,
  Libp2pEvents,
  PeerStore,
  TypedEventTarget,
  Upgrader,
} from '@libp2p/interface'
import type { ConnectionManager, TransportManager } from '@libp2p/interface-internal'
import { peerIdFromString } from '@libp2p/peer-id'
import type { Multiaddr } from '@multiformats/multiaddr'
import { type Clock, sleep } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { abortable } from '../../base/signals.ts'
import { scopeOf, withPeerId } from '../multiaddrs.ts'
import { LINK_PROTOCOL } from '../options.ts'
import { type TcpAddress, tcpAddress } from './message.ts'

/** A local port, and where it is seen from outside as long as this is not disposed of. */
export interface Outside extends AsyncDisposable {
  readonly localPort: number
  readonly seen: TcpAddress
}

/** How a straight connection is made; handed in, because it takes two NATs to try it. */
export interface PunchWays {
  /** @throws ShoalError UNAVAILABLE when the relay tells no public TCP address; what libp2p throws; the signal's reason */
  outside(relayId: string, family: TcpAddress['family'] | undefined, signal: AbortSignal): Promise<Outside>
  /**
   * Connects from `localPort` to `target` until it works. `initiator`: which of both begins the handshakes, as both have dialled.
   *
   * @throws the signal's reason
   */
  through(target: TcpAddress, peerId: string, how: PunchDial, signal: AbortSignal): Promise<Connection>
}

export interface PunchDial {
  readonly localPort: number
  readonly initiator: boolean
}

/** The parts of libp2p that this needs; it hands them to its services. */
export interface PunchComponents {
  readonly transportManager: TransportManager
  readonly connectionManager: ConnectionManager
  readonly peerStore: PeerStore
  readonly upgrader: Upgrader
  readonly events: TypedEventTarget<Libp2pEvents>
}

/** Between two attempts to connect, ms. A router that answers a SYN which comes too early with a reset makes it fail at once. */
const AGAIN_MS = 100

/**
 * TCP hole punching without sharing the port of the listener, which Node cannot do: each side takes a port on which it listens for nobody, learns
 * from the relay where it is seen, and both connect from these ports to each other at the same time (simultaneous open, RFC 9293,
 * section 3.5). It works when both routers keep the outer port of a local one for all it talks to (endpoint-independent mapping, RFC
 * 5382, REQ-1).
 */
export function tcpWays(components: PunchComponents, clock: Clock): PunchWays {
  return {
    async outside(relayId, family, signal) {
      const relay = await relayAddress(components, relayId, family)
      return outside(components, relay, signal)
    },
    through: (target, peerId, how, signal) => {
      const address = withPeerId(target.address, peerId)
      return through(() => dial(components, address, how, signal), clock, signal)
    },
  }
}

async function relayAddress(
  { connectionManager, peerStore }: PunchComponents,
  relayId: string,
  family: TcpAddress['family'] | undefined,
): Promise<{ address: Multiaddr; family: TcpAddress['family'] }> {
  const relay = peerIdFromString(relayId)
  const stored = await peerStore.get(relay).catch(() => undefined)
  const known = [
    ...connectionManager.getConnections(relay).map(({ remoteAddr }) => remoteAddr),
    ...(stored?.addresses.map(({ multiaddr }) => multiaddr) ?? []),
  ]
  const found = known
    .map(tcpAddress)
    .find((each) => each && scopeOf(each.ip) === 'public' && (family ?? each.family) === each.family)
  if (!found) throw new ShoalError('UNAVAILABLE', 'The relay has no public TCP address.')
  return { address: withPeerId(found.address, relayId), family: found.family }
}

/** A second connection to the relay, from a port of its own, is what shows how that port is seen. */
async function outside(
  { transportManager, events }: PunchComponents,
  { address, family }: Awaited<ReturnType<typeof relayAddress>>,
  signal: AbortSignal,
): Promise<Outside> {
  const localPort = await freePort(family)
  const options = { signal, localPort }
  using identified = identifiedOn(events)
  const connection = await transportManager.dial(address, options)
  try {
    const observed = await abortable(identified.result(connection), signal)
    const seen = observed && tcpAddress(observed)
    if (!seen || !isPunchable(seen, family))
      throw new ShoalError('UNAVAILABLE', 'The relay does not say how it sees this node.')
    return {
      ...{ localPort, seen },
      async [Symbol.asyncDispose]() {
        // A link that was opened just now may have taken the latest connection, which is this one.
        if (!connection.streams.some(({ protocol }) => protocol === LINK_PROTOCOL)) await connection.close()
      },
    }
  } catch (error) {
    connection.abort(error as Error)
    throw error
  }
}

/** libp2p asks on each connection how it is seen, once, and one cannot ask again. */
function identifiedOn(events: PunchComponents['events']) {
  const results = new Map<string, Multiaddr | undefined>()
  let wake = (_: IdentifyResult) => {}
  const onIdentify = ({ detail }: CustomEvent<IdentifyResult>) => {
    results.set(detail.connection.id, detail.observedAddr)
    wake(detail)
  }
  events.addEventListener('peer:identify', onIdentify)
  return {
    async result({ id }: Connection): Promise<Multiaddr | undefined> {
      while (!results.has(id)) {
        const { promise, resolve } = Promise.withResolvers<IdentifyResult>()
        wake = resolve
        await promise
      }
      return results.get(id)
    },
    [Symbol.dispose]: () => events.removeEventListener('peer:identify', onIdentify),
  }
}

async function dial(
  { transportManager, upgrader }: PunchComponents,
  address: Multiaddr,
  { localPort, initiator }: PunchDial,
  signal: AbortSignal,
): Promise<Connection> {
  // Passed on to net.connect; libp2p's types do not know of it.
  const options = { signal, localPort }
  if (initiator) return transportManager.dial(address, options)
  const transport = transportManager.dialTransportForMultiaddr(address)
  if (!transport) throw new ShoalError('INTERNAL', 'There is no TCP.')
  return transport.dial(address, { ...options, upgrader: asServer(upgrader) })
}

/**
 * The upgrader for the side that waits for the other to begin. libp2p's own `initiator: false`, made for hole punching, leaves the connection an
 * outbound one for the muxer (as of libp2p 3), and both sides are clients to it.
 */
function asServer(upgrader: Upgrader): Upgrader {
  const asked: Pick<Upgrader, 'upgradeOutbound'> = {
    upgradeOutbound(connection, options) {
      connection.direction = 'inbound'
      return upgrader.upgradeOutbound(connection, { ...options, initiator: false } as typeof options)
    },
  }
  return asked as Upgrader
}

async function through(
  dial: () => Promise<Connection>,
  clock: Clock,
  signal: AbortSignal,
): Promise<Connection> {
  for (;;) {
    try {
      return await dial()
    } catch {
      signal.throwIfAborted()
      await sleep(clock, AGAIN_MS, signal)
    }
  }
}

/** Whether an address that a peer names may be dialled: it proves nothing, and inside the own network it is nobody's business. */
export function isPunchable({ ip, family, address }: TcpAddress, wanted: TcpAddress['family']): boolean {
  const port = Number(address.getComponents()[1]?.value)
  return family === wanted && port >= 1024 && scopeOf(ip) === 'public'
}

/** A port that nobody uses now. */
async function freePort(family: TcpAddress['family']): Promise<number> {
  const server = createServer().listen(0, family === 'ip6' ? '::' : '0.0.0.0')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
