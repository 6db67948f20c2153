/** What a node tells of the others: who they are, and what they take from here. */

export interface NetworkView {
  /** A leaf cannot be called by others, and keeps no directory. */
  readonly role: 'member' | 'leaf'
  /** Peers with whom a stream is open. */
  readonly neighbours: number
  /** Bits of its zone; empty while there is one zone. */
  readonly zone: string
  /** Peers in the own zone, this one too. */
  readonly zoneSize: number
  /** Peers in the network, this one too, as far as it can be told. */
  readonly size: number
}

export type PeerStateView = 'alive' | 'suspect' | 'dead' | 'left' | 'known'

export interface UploadsView {
  readonly slots: number
  readonly active: readonly UploadView[]
  /** The next one first. */
  readonly queued: readonly UploadView[]
  /** Those who are not served because the owner says so. */
  readonly paused: readonly UploadPeerView[]
}

/** What the owner can do about a peer that fetches: all its streams wait; it is served again; they are ended and it is refused for 10 minutes. */
export type UploadAction = 'pause' | 'resume' | 'cancel'

/** A peer that fetches, as the owner deals with it. */
export interface UploadPeerView {
  readonly peerId: string
  /** Name that it gave itself; empty when it is not known. */
  readonly name: string
  readonly state: 'served' | 'paused' | 'refused'
  /** End of a refusal, ms since the Unix epoch. */
  readonly untilMs?: number
}

/** One stream of blocks to one peer. */
export interface UploadView {
  readonly peerId: string
  /** Name that the peer gave itself; empty when it is not known. */
  readonly peerName: string
  readonly cid: string
  /** Name of the file; empty when it is not shared any more. */
  readonly name: string
  /** Of the file; undefined when it is not shared any more. */
  readonly sizeBytes?: number
  /** Sent on this stream, of this file and those before it. */
  readonly bytes: number
  readonly road: 'direct' | 'relayed' | 'tunnel'
  readonly rateBytesPerSecond: number
  /** Place in the queue, 1 = next; undefined while it sends. */
  readonly position?: number
  /** Probable time until it is its turn, ms; undefined while it sends, and while it cannot be told. */
  readonly etaMs?: number
}

export interface PeerRow {
  readonly peerId: string
  readonly name: string
  /** Address last used, HOST:PORT; empty when none was. */
  readonly addr: string
  readonly addresses: readonly string[]
  readonly road: 'direct' | 'relayed' | 'tunnel'
  /** Bits of its zone; empty while there is one zone, null when it keeps no zone's directory or is not known to. */
  readonly zone: string | null
  /** `known`: told of or remembered, not watched by the network that this node takes part in. */
  readonly state: PeerStateView
  /** A stream is open. */
  readonly neighbour: boolean
  /** Of the last sign of life; null when not measured. */
  readonly latencyMs: number | null
  readonly lastSeenMs: number
  /** When it last told of itself (name, addresses, zone), ms since the Unix epoch by its clock; null when it is not watched. */
  readonly updatedMs: number | null
  /** How this node came to know it, such as `index`. */
  readonly via: string
}
