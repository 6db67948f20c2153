import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { PeerBook } from '../discovery/peer-book.ts'
import type { Dht, DhtPeer } from '../fabric/dht/dht.ts'
import { KeyValueStore } from '../kv/key-value-store.ts'
import type { ClosestNodes, KvPeer } from '../kv/ports.ts'
import type { Identity } from '../link/identity.ts'
import type { LinkPool } from '../link/pool.ts'
import type { ValueStore } from '../storage/value-store.ts'

export interface KvSetup {
  readonly dht: Dht
  readonly peers: PeerBook
  readonly identity: Identity
  readonly store: ValueStore
  readonly pool: LinkPool
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

/** The key-value store on the DHT: who is near a key is a peer near it there. */
export function buildKv({ dht, peers, identity, store, pool, clock, random, log }: KvSetup): KeyValueStore {
  const closest: ClosestNodes = {
    async find(key, count, signal) {
      const found = await dht.closest(key, { signal, cost: { messages: 0, bytes: 0, asked: 0 } })
      return found.slice(0, count).map((peer) => reachable(peer, peers))
    },
    known: (key, count) => dht.knownClosest(key, count).map((peer) => reachable(peer, peers)),
    isResponsible: (key, count) => dht.isResponsible(key, count),
  }
  return new KeyValueStore({ signer: identity, store, closest, links: pool, clock, random, log })
}

/** A peer of the DHT with all addresses that are known of it: those for gRPC, which the DHT does not tell, first. */
export function reachable({ peerId, addresses }: DhtPeer, peers: PeerBook): KvPeer {
  return { peerId, addresses: [...new Set([...(peers.get(peerId)?.addresses ?? []), ...addresses])] }
}
