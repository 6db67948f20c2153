import type {
  FilterUpdate,
  FloodAnswer,
  FloodCancel,
  FloodQuery,
  NeighbourMessage,
  SignedPeerRecord,
} from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import type { Provider } from '../locator.ts'

/** A peer with whom there is a stream. */
export interface FloodNeighbour {
  readonly peerId: string
  /** First 32 bits of SHA-256(PeerId). */
  readonly point: number
  /** False when the message was dropped. */
  send(message: NeighbourMessage): boolean
}

/** What flooding says to neighbours. */
export interface FloodMessages {
  query: FloodQuery
  answer: FloodAnswer
  cancel: FloodCancel
  filters: FilterUpdate
}

/** What flooding needs of the node's membership in the network. */
export interface FloodMembership {
  /** Own record, as it is now. */
  readonly record: { readonly peerId: string; readonly point: number; readonly signed: SignedPeerRecord }
  neighbours(): readonly FloodNeighbour[]
  readonly neighbourChanges: {
    on(listener: (change: { neighbour: FloodNeighbour; up: boolean }) => void): () => void
  }
  /** Calls `handler` with each message of the kind that a neighbour sends. */
  on<K extends keyof FloodMessages>(
    kind: K,
    handler: (from: FloodNeighbour, message: FloodMessages[K]) => void,
  ): void
  /** Whether the peer is known to be dead, or to have left. */
  isGone(peerId: string): boolean
  /** Peers in the network, this one included, as far as can be told. */
  estimatedSize(): number
}

/** Reads what a peer says of itself; throws BAD_RESPONSE when it did not say so. */
export interface ProviderReader {
  read(signed: SignedPeerRecord): Provider
}
