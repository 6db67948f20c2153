import { networkInterfaces } from 'node:os'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { Fabric } from '../fabric/fabric.ts'
import type { RelayOptions } from '../fabric/relay/options.ts'
import { isMultiaddr, parseAddress } from '../link/address.ts'
import type { Identity } from '../link/identity.ts'
import type { PrivateNetwork } from '../link/private-network.ts'
import type { LinkServer } from '../link/server.ts'
import type { IndexConfig, NodeConfig } from './settings.ts'

/** Settings that nodes and index servers share. */
type FabricConfig = Pick<NodeConfig & IndexConfig, 'grpcHost' | 'p2pPort' | 'p2pWsPort' | 'announce' | 'upnp'>

export interface FabricParts {
  readonly config: FabricConfig & { readonly mdns?: boolean }
  /** Whether the setting is the default one: then a port that is taken gives way. */
  readonly isDefault: (key: 'p2pPort' | 'p2pWsPort') => boolean
  readonly identity: Identity
  readonly network: PrivateNetwork | undefined
  /** Takes the tunnels; asked when one comes. */
  readonly server: () => Pick<LinkServer, 'injectConnection'> | undefined
  /** TCP ports to be forwarded by the router beside those of libp2p. */
  readonly forward: () => readonly number[]
  readonly kind: 'node' | 'index'
  /** undefined: no relay for others. */
  readonly relay: Partial<RelayOptions> | undefined
  readonly dhtServer: boolean
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

/** The libp2p host of a node or an index server, not started. Errors as Fabric.create. */
export function createFabric(parts: FabricParts): Promise<Fabric> {
  const { config, isDefault, identity, network, server, clock, random, log } = parts
  const isOnLoopback = /^(127\.|::1$|localhost$)/.test(config.grpcHost)
  return Fabric.create({
    identity,
    host: config.grpcHost,
    tcp: { port: config.p2pPort, fallback: isDefault('p2pPort') },
    // A WebSocket server answers HTTP before it can ask for the key of a private network.
    webSocket: network ? undefined : { port: config.p2pWsPort, fallback: isDefault('p2pWsPort') },
    announce: config.announce.filter(isMultiaddr),
    // Nobody else could use what a node on loopback tells; and what a member of a private network would tell everybody can hear.
    mdns: (config.mdns ?? false) && !isOnLoopback && !network,
    upnp: config.upnp && !isOnLoopback,
    forward: parts.forward,
    network: network && {
      pnetKey: network.key.derive('pnet'),
      allows: (peerId) => network.allows(peerId),
      onChange: (listener) => network.changes.on(listener),
    },
    onTunnel: (stream) => {
      const target = server()
      if (target) target.injectConnection(stream)
      else stream.destroy()
    },
    kind: parts.kind,
    relay: parts.relay,
    dhtServer: parts.dhtServer,
    interfaces: networkInterfaces,
    ...{ clock, random, log },
  })
}

/** The quotas of the relay as configured. */
export const relayOptions = (config: Pick<NodeConfig, RelaySetting>): Partial<RelayOptions> => ({
  slots: config.relaySlots,
  slotsPerAddress: config.relaySlotsPerAddress,
  connectionBytes: config.relayConnectionBytes,
  peerBytesPerDay: config.relayPeerBytesPerDay,
  bytesPerDay: config.relayBytesPerDay,
  peerBytesPerSecond: config.relayPeerBytesPerSecond,
  bytesPerSecond: config.relayBytesPerSecond,
})

type RelaySetting =
  | 'relaySlots'
  | 'relaySlotsPerAddress'
  | 'relayConnectionBytes'
  | 'relayPeerBytesPerDay'
  | 'relayBytesPerDay'
  | 'relayPeerBytesPerSecond'
  | 'relayBytesPerSecond'

/** Addresses of each kind that are told to others at most: with all of them a peer's record stays small. */
const MAX_DIRECT = 5
const MAX_MULTIADDRS = 5

/**
 * The addresses that a node tells of itself: HOST:PORTs, the announced ones first, then multiaddrs. Relayed ones come first among those,
 * because whoever has one cannot be reached by the others.
 */
export function toldAddresses(
  announce: readonly string[],
  direct: readonly string[],
  multiaddrs: readonly string[],
): string[] {
  const isRelayed = (address: string) => address.includes('/p2p-circuit')
  const sorted = [...multiaddrs.filter(isRelayed), ...multiaddrs.filter((address) => !isRelayed(address))]
  const own = [...announce.filter((address) => !isMultiaddr(address)), ...direct]
  return [...new Set([...own.slice(0, MAX_DIRECT), ...sorted.slice(0, MAX_MULTIADDRS)])]
}

/** @throws ShoalError INVALID_ARGUMENT for what is neither HOST:PORT nor a multiaddr */
export function checkAnnounced(announce: readonly string[]): void {
  for (const address of announce) if (!isMultiaddr(address)) parseAddress(address)
}
