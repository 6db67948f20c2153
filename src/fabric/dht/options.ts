/** How a node takes part in the DHT; times in ms. */
export interface DhtOptions {
  /** Peers that keep each provider record. Kademlia's k is 20; 10 outlive the death of half of them 999 times in 1000. */
  readonly replicas: number
  /** Peers of one look-up that are asked at the same time. */
  readonly alpha: number
  /** A look-up that has found something ends when so many of the closest peers have answered and the last two told nothing new. */
  readonly quorum: number
  /** One question and its answer, connecting included. */
  readonly exchangeMs: number
  /** A whole look-up; what has been found until then counts. */
  readonly lookupMs: number
  /** Peers that provider records are sent to at the same time. */
  readonly sending: number
  /** Provider records sent to a peer before it has to say that it took them. */
  readonly recordsPerAck: number
  /** Provider records on one stream. */
  readonly recordsPerStream: number
  /** After a contact hung up or did not answer, before it is asked whether it is still there. */
  readonly suspectMs: number
  /** A contact that hangs up again and again is not asked more often than this: connections are also closed to save their room. */
  readonly pingEveryMs: number
  /** Between two looks at a contact, far or near, that there is no connection to. */
  readonly roundMs: number
  /** After the nearest contacts changed, before those near this node are looked for. */
  readonly acquaintMs: number
  /** Between two such looks. */
  readonly acquaintEveryMs: number
}

/** In earnest. */
export const DEFAULT_DHT_OPTIONS: DhtOptions = {
  replicas: 10,
  alpha: 4,
  quorum: 4,
  exchangeMs: 5_000,
  lookupMs: 15_000,
  sending: 4,
  recordsPerAck: 64,
  recordsPerStream: 2_048,
  suspectMs: 500,
  pingEveryMs: 60_000,
  roundMs: 20_000,
  acquaintMs: 3_000,
  acquaintEveryMs: 30_000,
}

/** Kademlia's k: contacts in a bucket, peers that a look-up ends with. */
export const K = 20

/** Shoal's own network: an IPFS node has no use for our records, nor we for its. */
export const KAD_PROTOCOL = '/shoal/kad/1.0.0'

/** Provider records count so long, as in https://github.com/libp2p/specs/tree/master/kad-dht. */
export const RECORD_VALIDITY_MS = 48 * 3_600_000

/**
 * What libp2p's peer store has to be told (`peerStore` of createLibp2p): a peer that keeps a provider record looks up the provider's
 * addresses there, and leaves the provider out when they are older than an hour, which is the default; when the peer has been
 * forgotten, after six, it does not answer at all.
 */
export const PEER_STORE_AGES = {
  maxAddressAge: RECORD_VALIDITY_MS + 3_600_000,
  maxPeerAge: RECORD_VALIDITY_MS + 3_600_000,
}

/** Addresses taken of one peer. */
export const MAX_PEER_ADDRESSES = 8
/** Longest address, bytes: two IPv6 hops with PeerIds and a DNS name fit. */
export const MAX_ADDRESS_BYTES = 256
/** Providers taken from one peer's answer. */
export const MAX_ANSWER_PROVIDERS = 200
/** Closer peers taken from one peer's answer. */
export const MAX_ANSWER_CLOSER = K
/** Of one public IPv4 /24 or IPv6 /48 so many peers are taken from one answer. */
export const MAX_PER_SUBNET = 8
/** Longest answer that is read, bytes: 256 providers with 8 addresses each. */
export const MAX_ANSWER_BYTES = 262_144
