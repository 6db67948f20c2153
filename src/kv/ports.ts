import type { PeerService } from '../contract/gen/shoal/v1/peer_pb.ts'
import type { ServiceImpl } from '../link/rpc.ts'

/** A peer that may keep a record. */
export interface KvPeer {
  readonly peerId: string
  /** HOST:PORT, best first. */
  readonly addresses: readonly string[]
}

/** Who is near a key. A key's bytes are its UTF-8 text; how near a peer is follows from `key.ts`. */
export interface ClosestNodes {
  /** Up to `count` nodes closest to `key`, closest first, found by asking the network; without this node. */
  find(key: Uint8Array, count: number, signal: AbortSignal): Promise<KvPeer[]>
  /** The same from what this node knows now, at once. */
  known(key: Uint8Array, count: number): KvPeer[]
  /** Whether this node itself is one of the `count` closest to `key` and serves others (is not behind NAT). */
  isResponsible(key: Uint8Array, count: number): boolean
}

/** Signs for a node; its identity does. */
export interface Signer {
  readonly peerId: string
  /** Ed25519 signature, 64 bytes. */
  sign(bytes: Uint8Array): Uint8Array
}

/** Whether `signature` of `bytes` was made with the key of `peerId`. */
export type Verify = (peerId: string, bytes: Uint8Array, signature: Uint8Array) => boolean

/** The part of the Peer service that keeps values. */
export type ValueHandlers = Pick<ServiceImpl<typeof PeerService>, 'storeValues' | 'getValue' | 'offerValues'>
