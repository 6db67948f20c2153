import type { EntryKind } from '../content/entry.ts'

/** Signs for a node; its identity does. */
export interface Signer {
  readonly peerId: string
  /** Ed25519 signature, 64 bytes. */
  sign(bytes: Uint8Array): Uint8Array
}

/** Whether `signature` of `bytes` was made with the key of `peerId`. */
export type Verify = (peerId: string, bytes: Uint8Array, signature: Uint8Array) => boolean

/** A peer, and how to reach it. */
export interface ReplicaPeer {
  readonly peerId: string
  /** For people; proves nothing. */
  readonly name: string
  /** HOST:PORTs and multiaddrs, best first. */
  readonly addresses: readonly string[]
}

/** A peer that might keep a copy. */
export interface CandidatePeer extends ReplicaPeer {
  /** Its zone's bits as text; empty where that is not known. */
  readonly zone: string
  /** What fails together with it: IPv4 /24 or IPv6 /48; empty where that is not known. */
  readonly subnet: string
}

/** The peers that are there. */
export interface PeersPort {
  /** Those that might keep copies, at most some hundred; without this node. */
  candidates(): readonly CandidatePeer[]
  /** What is known of a peer now, beside what a set says of it. */
  get(peerId: string): CandidatePeer | undefined
  /** How this node is reached. */
  ownAddresses(): readonly string[]
}

/** Files on this node's disk, and how they come there. */
export interface FilesPort {
  /** What is shared under a CID, and where; undefined when it is not here whole. */
  has(cid: string): { readonly path: string; readonly sizeBytes: number } | undefined
  /**
   * Fetches a copy as any download, with a low priority, and shares it. One that is under way for the CID is joined, also after a restart. Rejects when it
   * turns out to be larger than `sizeBytes`, before any byte is fetched that would be too much. With the signal only the waiting ends.
   */
  fetch(copy: CopyToFetch, signal: AbortSignal): Promise<{ readonly path: string }>
  /** Ends what {@link fetch} has begun; nothing of it stays. */
  cancel(cid: string): Promise<void>
  /** Verified bytes of a copy that is being fetched. */
  doneBytes(cid: string): number
  /** Stops sharing and deletes what {@link fetch} brought, unless it has been changed or moved since. */
  remove(cid: string, path: string): Promise<void>
  /** Bytes that are free where copies go. */
  freeBytes(): Promise<number>
  /** A random block of something that is here; undefined when it is not, or has none. */
  randomBlock(cid: string): Promise<BlockToProve | undefined>
}

export interface CopyToFetch {
  readonly cid: string
  readonly name: string
  readonly sizeBytes: number
  /** Who is known to have it. */
  readonly peers: readonly ReplicaPeer[]
}

/** A block that a holder must be able to give. */
export interface BlockToProve {
  /** CID of the file that it is of. */
  readonly cid: string
  readonly index: number
  readonly sizeBytes: number
  /** SHA-256, 32 bytes. */
  readonly digest: Uint8Array
}

/** What the settings say, now. */
export interface KeepSettings {
  readonly keepsFor: 'nobody' | 'trusted' | 'everybody'
  /** PeerIds that are trusted, beside the members of a private network. */
  readonly trusted: readonly string[]
  readonly maxBytes: number
  readonly maxFiles: number
  readonly maxBytesPerPeer: number
  readonly maxFilesPerPeer: number
}

/** What an order is for. */
export interface OrderedContent {
  readonly cid: string
  readonly name: string
  readonly kind: EntryKind
  readonly sizeBytes: number
}
