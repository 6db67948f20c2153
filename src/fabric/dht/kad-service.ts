import { isPeerId, type PeerInfo } from '@libp2p/interface'
import { type KadDHT, type KadDHTComponents, type KadDHTInit, kadDHT } from '@libp2p/kad-dht'
import { type Clock, systemClock } from '../../base/clock.ts'
import { kadPeerStore } from './kad-peer-store.ts'
import { K, KAD_PROTOCOL, MAX_ADDRESS_BYTES, MAX_PEER_ADDRESSES } from './options.ts'
import { DEFAULT_RECORD_LIMITS, type RecordLimits, RecordStore } from './record-store.ts'

/** How the service `dht` of a libp2p host is made. */
export interface KadServiceOptions {
  /** Another network than everybody's: private networks and tests have protocols of their own. */
  readonly protocol?: string
  /** Whether it starts as a server, which others ask. A node behind NAT must not; the default. */
  readonly server?: boolean
  readonly limits?: RecordLimits
  readonly clock?: Clock
  /** After the start until the node looks for its own neighbourhood, ms. */
  readonly selfQueryMs?: number
}

/** Longest time that timers take, ms: kad-dht's own renewal shall never come. */
const NEVER_MS = 2 ** 31 - 1

const RECORDS = new WeakMap<KadDHT, RecordStore>()

/** The records that a DHT made by {@link kadService} keeps. */
export const recordsOf = (dht: KadDHT): RecordStore | undefined => RECORDS.get(dht)

/**
 * Kademlia for the service `dht` of createLibp2p, which needs `identify` and `ping` beside it, and the peer store's ages in options.ts.
 *
 * What kad-dht leaves open is closed here: records and addresses that others tell have limits, private addresses are told on
 * (a node cannot know which networks its peers share; dialling one in vain costs little), and records are renewed by
 * whoever shares, not by kad-dht, which would look up the place of each key alone.
 */
export function kadService(options: KadServiceOptions = {}): (components: KadDHTComponents) => KadDHT {
  const clock = options.clock ?? systemClock
  const init: KadDHTInit = {
    protocol: options.protocol ?? KAD_PROTOCOL,
    clientMode: !options.server,
    kBucketSize: K,
    peerInfoMapper: fewAddresses,
    reprovide: { interval: NEVER_MS, threshold: 0, concurrency: 1 },
    // The lists of peers to be looked at are bounded; what does not fit will be heard of again.
    routingTableUpdateMaxQueueSize: 2_000,
    pingNewContactMaxQueueSize: 500,
    networkDialTimeout: { minTimeout: 2_000, maxTimeout: 5_000 },
    ...(options.selfQueryMs !== undefined && { initialQuerySelfInterval: options.selfQueryMs }),
  }
  return (components) => {
    const records = new RecordStore(clock, options.limits ?? DEFAULT_RECORD_LIMITS)
    const dht = kadDHT(init)(
      Object.create(components, {
        datastore: { value: records.asDatastore() },
        peerStore: { value: kadPeerStore(components.peerStore, components.events, clock) },
        ping: { value: pingUnlessConnected(components) },
      }),
    )
    RECORDS.set(dht, records)
    return dht
  }
}

/**
 * kad-dht pings whoever it may take into its table, even those that have just answered, and leaves out who is too busy for that. Of who is
 * connected, the connection shows that it lives.
 */
function pingUnlessConnected({ ping, connectionManager }: KadDHTComponents): KadDHTComponents['ping'] {
  return {
    async ping(peer, options) {
      const isConnected =
        isPeerId(peer) &&
        connectionManager.getConnections(peer).some(({ status, limits }) => status === 'open' && !limits)
      return isConnected ? 0 : ping.ping(peer, options)
    },
  }
}

function fewAddresses({ id, multiaddrs }: PeerInfo): PeerInfo {
  const few = multiaddrs.filter(({ bytes }) => bytes.length <= MAX_ADDRESS_BYTES).slice(0, MAX_PEER_ADDRESSES)
  return { id, multiaddrs: few }
}
