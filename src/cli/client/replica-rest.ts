/** An order of copies, as the node's REST API tells it. Sizes in bytes, times in ms since the Unix epoch. */
export interface ReplicaJson {
  cid: string
  name: string
  kind: 'file' | 'folder'
  sizeBytes: number
  /** PeerId of who ordered it. */
  owner: string
  ownerName: string
  role: 'owner' | 'holder'
  state: 'placing' | 'kept' | 'short' | 'ended'
  reason?: string
  wanted: number
  live: number
  createdMs: number
  expiresMs: number
  holders: HolderJson[]
}

/** Somebody who keeps a copy. */
export interface HolderJson {
  peerId: string
  name: string
  state: 'fetching' | 'kept' | 'leaving' | 'lost'
  zone?: string
  doneBytes?: number
  leaseExpiresMs?: number
  provedMs?: number
  lastSeenMs?: number
}

/** What the node keeps for others, and what is pinned. */
export interface KeptJson {
  keepsFor: 'nobody' | 'trusted' | 'everybody'
  files: number
  sizeBytes: number
  maxFiles: number
  maxBytes: number
  replicas: KeptReplicaJson[]
}

export interface KeptReplicaJson {
  cid: string
  name: string
  sizeBytes: number
  /** Missing for what is only pinned. */
  owner?: string
  ownerName?: string
  state: 'fetching' | 'kept' | 'leaving'
  pinned: boolean
  path?: string
  leaseExpiresMs?: number
}

export interface UnpushJson {
  cid: string
  told: number
  untold: number
}
