import type { Reachability } from '../../fabric/reachability.ts'
import type { Road } from '../../link/roads.ts'

/** All that the checks of a running node are decided from. What is not known is left out: the check is then skipped. */
export interface NodeFacts {
  readonly uptimeMs: number
  readonly listen: ListenFacts
  /** The settings of these names; `dht`: it is among `discovery`. */
  readonly settings: { readonly upnp: boolean; readonly mdns: boolean; readonly dht: boolean }
  readonly fabric: FabricFacts
  /** Undefined when the node takes no part in the network without a server. */
  readonly membership: MembershipFacts | undefined
  readonly index: readonly IndexFacts[]
  readonly peers: PeersFacts
  readonly addresses: AddressFacts
  readonly clocks: readonly ClockSample[]
  /** Systems whose clients are served; undefined when there are none. */
  readonly dialects?: DialectFacts
}

export interface DialectFacts {
  /** The setting `dialectHost`. */
  readonly host: string
  readonly isLoopback: boolean
  readonly names: readonly string[]
}

export interface ListenFacts {
  /** The setting `grpcHost`, on which gRPC and libp2p listen. */
  readonly host: string
  readonly isLoopback: boolean
  readonly grpcPort: number
  /** TCP ports of libp2p. */
  readonly p2pPorts: readonly number[]
}

/** What the libp2p host tells. */
export interface FabricFacts {
  readonly reachability: {
    readonly now: Reachability
    /** Direct connections with peers at public addresses. */
    readonly publicPeers?: number
    /** One of those was made by the other side. */
    readonly hasInbound?: boolean
    /** A peer has dialled a public address of this node when it was asked to (AutoNAT). */
    readonly isConfirmed?: boolean
  }
  /** Peers that are connected through libp2p. */
  readonly connected: number
  readonly dht: {
    readonly mode: 'client' | 'server'
    /** Contacts that are believed to live. */
    readonly contacts: number
  }
  /** IP addresses that peers have seen this node at. */
  readonly observed?: readonly string[]
  readonly upnp?: {
    readonly state: 'off' | 'searching' | 'none' | 'mapped' | 'failed'
    /** Address or name of the router. */
    readonly gateway?: string
    /** What was mapped, for people: `203.0.113.7:9081`. */
    readonly mapped: readonly string[]
    readonly error?: string
  }
  readonly mdns?: {
    readonly enabled: boolean
    /** Peers of the local network that were heard since the start. */
    readonly heard: number
    /** When one was heard last, ms since the Unix epoch. */
    readonly lastHeardMs?: number
  }
  readonly relay?: {
    /** PeerIds of the relays at which this node has a place. */
    readonly reservations: readonly string[]
    /** Others cannot reach this node without a relay. */
    readonly wanted: boolean
    /** What it gives as a relay of others; undefined when it is none. */
    readonly serving?: {
      readonly reservations: number
      readonly slots: number
      readonly connections: number
      readonly bytesToday: number
      readonly bytesPerDay: number
    }
    /** The last thing that a relay said about this node's connections, one sentence. */
    readonly notice?: string
  }
}

export interface MembershipFacts {
  /** A leaf cannot be called at its gRPC port. */
  readonly role: 'member' | 'leaf'
  readonly neighbours: number
  /** Bits of its zone; empty while there is one zone. */
  readonly zone: string
  readonly zoneSize: number
  /** Peers in the network, this one too. */
  readonly size: number
}

/** One configured index server. */
export interface IndexFacts {
  /** As configured, without the pinned PeerId. */
  readonly label: string
  /** The PeerId that it must prove; undefined when any will do. */
  readonly pin?: string
  /** `unused`: no locator asks it. `wrong-identity`: `answered` is there, not `expected`. `failed`: with `problem`, where that is known. */
  readonly state: 'online' | 'connecting' | 'wrong-identity' | 'failed' | 'unused'
  readonly problem?: string
  /** PeerIds. */
  readonly expected?: string
  readonly answered?: string
  /** HOST:PORT or multiaddr of the open link. */
  readonly address?: string
  /** Its clock, where it told the time. */
  readonly clock?: ClockSample
}

export interface PeersFacts {
  /** Known and not gone. */
  readonly known: number
  /** Connected ones by road. */
  readonly connected: Readonly<Record<Road, number>>
  /** Those of the setting `peers`, and what they answered just now. */
  readonly configured: readonly ConfiguredPeer[]
  /** Further ones of the setting, which were too many to be asked. */
  readonly unasked: number
}

export interface ConfiguredPeer {
  readonly address: string
  /** Why it did not answer; undefined when it did. */
  readonly problem: string | undefined
}

export interface AddressFacts {
  /** IP addresses of this machine. */
  readonly own: readonly string[]
  /** IP addresses at which others say they see this node. */
  readonly observed: readonly string[]
}

/** How much another clock is ahead of the own one: somewhere from `lowMs` to `highMs`. */
export interface ClockSample {
  /** Whose clock it is, for people. */
  readonly from: string
  readonly lowMs: number
  readonly highMs: number
}

/** What takes a moment after the start is not called missing before, ms. */
export const SETTLED_MS = 60_000
