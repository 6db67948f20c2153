import { createHash } from 'node:crypto'
import { autoNATv2 } from '@libp2p/autonat-v2'
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import { identify, identifyPush } from '@libp2p/identify'
import { type ConnectionGater, FaultTolerance, type Libp2p } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import { mdns } from '@libp2p/mdns'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { uPnPNAT } from '@libp2p/upnp-nat'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import type { Multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import { VERSION } from '../base/version.ts'
import type { Identity } from '../link/identity.ts'
import { kadService } from './dht/kad-service.ts'
import { PEER_STORE_AGES } from './dht/options.ts'
import { dialOrder } from './dial-order.ts'
import type { Gateways } from './gateways.ts'
import { componentsService, type HostComponents } from './host-components.ts'
import { libp2pLogger } from './no-log.ts'
import type { FabricOptions } from './options.ts'
import { privateNetwork } from './pnet/protector.ts'
import { type HolePunch, holePunch } from './punch/hole-punch.ts'
import { tcpWays } from './punch/ways.ts'
import { RelayDealings } from './relay/dealings.ts'
import { type RelayNotices, relayNotices } from './relay/notices.ts'
import { type RelayReservations, relayReservations } from './relay/reservations.ts'
import { type Relay, relayService } from './relay/service.ts'
import { shoalRelayTransport } from './relay/transport.ts'
import type { FabricSetup } from './setup.ts'

/** The services of the host that other parts use. */
export interface HostServices extends Record<string, unknown> {
  dht: KadDHT
  host: HostComponents
  notices: RelayNotices
  punch: HolePunch
  reservations: RelayReservations
  /** Only when this node is a relay. */
  relay: Relay | undefined
}

export type Host = Libp2p<HostServices>

/** What is worked out by the fabric itself. */
export interface HostParts {
  readonly options: FabricOptions
  /** Multiaddrs to listen on. */
  readonly listen: readonly string[]
  /** Where routers are found; undefined when none is asked. */
  readonly gateways: Gateways | undefined
  /** A peer was heard on the local network. */
  readonly onLanPeer: () => void
  /** Chooses and completes the addresses that are told to others. */
  readonly announced: (verified: Multiaddr[]) => Multiaddr[]
}

/** How an index server calls itself: it is a relay, and no peer. */
export const INDEX_AGENT = 'shoal-index'

/** A libp2p host, not started. */
export async function createHost(setup: FabricSetup, parts: HostParts): Promise<Host> {
  let host: Host | undefined
  const { network, relay, clock, random, log } = setup
  const dealings = new RelayDealings(clock)
  const { options, listen, gateways, announced } = parts
  const config: Libp2pOptions<HostServices> = {
    start: false,
    ...libp2pLogger(),
    privateKey: privateKeyFromRaw(rawKey(setup.identity)),
    nodeInfo: {
      name: 'shoal',
      version: VERSION,
      userAgent: `${setup.kind === 'index' ? INDEX_AGENT : 'shoal'}/${VERSION}`,
    },
    addresses: { listen: [...listen], appendAnnounce: [...setup.announce], announceFilter: announced },
    transports: [tcp(), webSockets(), shoalRelayTransport({ dealings })],
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({
        streamOptions: {
          maxStreamWindowSize: options.maxStreamWindowBytes,
          maxReadBufferLength: options.maxStreamBufferBytes,
        },
      }),
    ],
    connectionManager: {
      maxConnections: options.maxConnections,
      maxParallelDials: options.maxDials,
      dialTimeout: options.dialMs,
      addressDialTimeout: options.addressDialMs,
      inboundConnectionThreshold: options.maxInboundPerSecond,
      maxIncomingPendingConnections: options.maxInboundPerSecond,
      addressSorter: dialOrder(setup.interfaces, setup.clock),
    },
    peerStore: PEER_STORE_AGES,
    // What could not be listened on is seen to after the start: another process may have been faster.
    transportManager: { faultTolerance: FaultTolerance.NO_FATAL },
    connectionMonitor: { pingInterval: options.pingMs },
    ...(network && { connectionProtector: privateNetwork(network.pnetKey) }),
    connectionGater: gater(network),
    peerDiscovery: setup.mdns ? [lan(network?.pnetKey, parts.onLanPeer)] : [],
    services: {
      identify: identify(),
      identifyPush: identifyPush(),
      ping: ping(),
      dht: kadService({ clock }),
      autoNAT: autoNATv2({ startupDelay: AUTONAT_DELAY_MS }),
      punch: holePunch({
        ...{ clock, log },
        ways: (components) => tcpWays(components, clock),
      }),
      host: componentsService(),
      notices: relayNotices({ dealings, clock, log }),
      reservations: relayReservations({
        ...{ clock, random, log },
        askAfterMs: (relayId) => host?.services.notices.reservationAfterMs(relayId) ?? 0,
      }),
      ...(relay && { relay: relayService({ options: relay, clock, log }) }),
      ...(gateways && { upnp: uPnPNAT({ portMappingClient: gateways, portMappingDescription: 'shoal' }) }),
    } as unknown as NonNullable<Libp2pOptions<HostServices>['services']>,
  }
  host = await createLibp2p(config)
  return host
}

/** Others are asked so soon to dial this node's public addresses. libp2p's default of 5 s would keep a relay's first clients waiting. */
const AUTONAT_DELAY_MS = 2000

/** Multicast DNS, which tells of each peer that it hears. */
function lan(pnetKey: Uint8Array | undefined, onPeer: () => void) {
  const create = mdns({ serviceTag: serviceTag(pnetKey) })
  return (components: Parameters<typeof create>[0]) => {
    const discovery = create(components)
    discovery.addEventListener('peer', onPeer)
    return discovery
  }
}

/** Refuses everybody who is not on the list of a private network, as soon as who it is is proved. */
function gater(network: FabricSetup['network']): ConnectionGater {
  if (!network) return { denyDialMultiaddr: () => false }
  const deny = (peerId: { toString(): string }) => !network.allows(peerId.toString())
  return {
    // The default denies nothing in Node; said, so that it stays so.
    denyDialMultiaddr: () => false,
    denyDialPeer: deny,
    denyInboundEncryptedConnection: deny,
    denyOutboundEncryptedConnection: deny,
  }
}

/** Nodes of different private networks on one LAN need not know of each other. */
function serviceTag(pnetKey: Uint8Array | undefined): string {
  const suffix = pnetKey
    ? `-${createHash('sha256').update('mdns').update(pnetKey).digest('hex').slice(0, 12)}`
    : ''
  return `_shoal${suffix}._udp.local`
}

/** libp2p's raw form of an Ed25519 key: the 32 bytes of the seed, then the 32 of the public key. */
function rawKey({ privateKey }: Identity): Uint8Array {
  const { d, x } = privateKey.export({ format: 'jwk' })
  return Buffer.concat([Buffer.from(d!, 'base64url'), Buffer.from(x!, 'base64url')])
}
