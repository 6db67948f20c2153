import type { NeighbourMessage } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import type { LinkTarget } from '../../link/rpc.ts'

/** Signs for a node; its identity does. */
export interface Signer {
  readonly peerId: string
  /** Ed25519 signature, 64 bytes. */
  sign(bytes: Uint8Array): Uint8Array
}

/** Whether `signature` of `bytes` was made with the key of `peerId`. */
export type Verify = (peerId: string, bytes: Uint8Array, signature: Uint8Array) => boolean

/** The stream between two neighbours as one side sees it, whoever opened it. */
export interface NeighbourStream {
  /** Who is at the other end, proved by the link. */
  readonly peerId: string
  /** The other end's host as this side sees it; empty when not known. */
  readonly remoteAddress: string
  /** Sends without waiting. False when the stream is over or so far behind that the message was dropped. */
  send(message: NeighbourMessage): boolean
  /** Ends the stream after what was sent. */
  close(): void
  /** Begins to deliver, once: messages in their order, then one `onClose`. Nothing is lost that came before. */
  listen(onMessage: (message: NeighbourMessage) => void, onClose: () => void): void
}

/** Makes streams to neighbours. */
export interface NeighbourTransport {
  /**
   * May resolve before anybody has answered: then a peer that cannot be reached shows as a stream that ends without a message.
   *
   * @throws ShoalError UNAVAILABLE, TIMED_OUT, WRONG_IDENTITY, CANCELLED
   */
  open(target: LinkTarget & { peerId: string }, signal: AbortSignal): Promise<NeighbourStream>
  /** Called with each stream that another peer opens; set by who takes them. */
  onStream: (stream: NeighbourStream) => void
}
