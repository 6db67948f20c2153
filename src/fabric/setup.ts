import type { Duplex } from 'node:stream'
import type { Clock } from '../base/clock.ts'
import type { Interfaces } from '../base/interfaces.ts'
import type { Logger } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Identity } from '../link/identity.ts'
import type { FabricOptions } from './options.ts'
import type { RelayOptions } from './relay/options.ts'

/** A port to listen on. */
export interface WantedPort {
  /** 0 = any free one. */
  readonly port: number
  /** Take a free one when it is taken; otherwise the start fails with CONFLICT. */
  readonly fallback: boolean
}

/** A private network as the host needs it. */
export interface FabricNetwork {
  /** 32 bytes for libp2p's pnet. */
  readonly pnetKey: Uint8Array
  /** Whether a peer that has the key may take part. */
  allows(peerId: string): boolean
  /** Calls back when the answers have changed. @returns stops it */
  onChange(listener: () => void): () => void
}

/** What the libp2p host is made from. */
export interface FabricSetup {
  readonly identity: Identity
  /** Address to listen on: an own one, or `0.0.0.0` or `::` for all. */
  readonly host: string
  readonly tcp: WantedPort
  /** undefined: no WebSockets. */
  readonly webSocket: WantedPort | undefined
  /** Multiaddrs under which others reach this node besides its own ones: a forwarded port, a DNS name. */
  readonly announce: readonly string[]
  /** Look for peers on the local network. */
  readonly mdns: boolean
  /** Ask the router to forward the ports. */
  readonly upnp: boolean
  /** TCP ports of the node to be forwarded beside those of libp2p. */
  readonly forward: () => readonly number[]
  /** The private network, if the node is in one: the key of libp2p's pnet, and who may take part. */
  readonly network?: FabricNetwork | undefined
  /** Be a relay for others; undefined: be none. */
  readonly relay?: Partial<RelayOptions> | undefined
  /** What this is: index servers are no peers. */
  readonly kind?: 'node' | 'index'
  /** Answer others in the DHT when they can reach this node; otherwise only ask them. */
  readonly dhtServer: boolean
  /** Takes the tunnels that others open: streams on which they begin a TLS handshake. */
  readonly onTunnel: (stream: Duplex) => void
  readonly interfaces: () => Interfaces
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly options?: Partial<FabricOptions>
}
