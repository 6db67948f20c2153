/** What the CLI reads from the node's REST API. Sizes in bytes, times in ms; further keys may be there. */

export interface EntryJson {
  cid: string
  sha256?: string
  name: string
  path: string
  size: number
  kind: 'file' | 'folder'
  modifiedMs?: number
}

export type AddEvent =
  | ({ event: 'added' } & EntryJson)
  | { event: 'done'; files: number; bytes: number; ms: number; leftOut?: LeftOutJson }

/** What was found and is not shared; at most 10 examples. */
export interface LeftOutJson {
  count: number
  examples: { path: string; reason: string }[]
}

export interface LibraryPage {
  entries: (EntryJson & { file?: string })[]
  cursor?: string
}

export interface ProviderJson {
  peerId: string
  name: string
  addresses?: string[]
}

export interface LocatorReport {
  hits: number
  messages: number
  ms: number
  /** Peers and index servers whose answer was asked for. */
  asked: number
  bytes: number
  firstHitHops?: number
  stopped?: 'complete' | 'limit' | 'timeout' | 'cancelled' | 'partial' | 'ttl'
  error?: { code: string; message: string }
  problems?: string[]
}

export type HitEvent = { event: 'hit'; providers: ProviderJson[]; via: string[] } & EntryJson

export interface SearchDone {
  event: 'done'
  hits: number
  ms: number
  reason?: 'limit' | 'complete' | 'timeout' | 'cancelled'
  via: Record<string, LocatorReport>
}

export type DownloadState =
  | 'queued'
  | 'resolving'
  | 'running'
  | 'paused'
  | 'finishing'
  | 'done'
  | 'failed'
  | 'cancelled'

export const PRIORITIES = ['low', 'normal', 'high'] as const
export type DownloadPriority = (typeof PRIORITIES)[number]

export interface DownloadJson {
  id: string
  cid: string
  name: string
  /** Where the file will be, or is. */
  path: string
  kind?: 'file' | 'folder'
  state: DownloadState
  priority: DownloadPriority
  sequential: boolean
  /** 1 = next; missing when it is not queued. */
  queuePosition?: number
  sizeBytes: number
  doneBytes: number
  rateBytesPerSecond: number
  etaMs?: number
  /** Verified bytes by PeerId. */
  sources: Record<string, number>
  activeSources: { peerId: string; name: string }[]
  dropped: { peerId: string; reason: string }[]
  error?: { code: string; message: string }
  createdMs: number
}

/** One stream to a peer that fetches from here. */
export interface UploadJson {
  peerId: string
  peerName: string
  cid: string
  name: string
  /** Of the file; missing when it is not shared any more. */
  sizeBytes?: number
  bytes: number
  road?: string
  rateBytesPerSecond: number
  /** 1 = next; missing while it sends. */
  position?: number
  /** Until its turn; missing while it sends, and while it cannot be told. */
  etaMs?: number
}

export interface UploadsJson {
  slots: number
  active: UploadJson[]
  queued: UploadJson[]
  /** Missing at a node of an older version. */
  paused?: UploadPeerJson[]
}

/** A peer that fetches, as the owner deals with it. */
export interface UploadPeerJson {
  peerId: string
  name: string
  state: 'served' | 'paused' | 'refused'
  /** End of a refusal. */
  untilMs?: number
}

/** Which blocks of a download are there, in cells. */
export interface BlockMapJson {
  blocks: number
  blockSizeBytes: number
  cells: number
  /** Percent, by cell. */
  have: number[]
  /** Blocks, by cell. */
  inFlight: number[]
  /** Indices of `sources` or -1, by cell. */
  from: number[]
  flying: number[]
  sources: { peerId: string; name: string }[]
}

/** What a target stands for. */
export interface TargetJson {
  cid: string
  name?: string
}

/** A link to something shared. */
export interface LinkJson {
  cid: string
  name: string
  size: number
  kind: 'file' | 'folder'
  shoal: string
  http: string
}

/** A candidate of an ambiguous name. */
export interface CandidateJson {
  cid: string
  name: string
  size: number
  providers: number
}

/** A verification: the one that goes on, or the last one. */
export interface VerificationJson {
  state: 'idle' | 'running' | 'done' | 'stopped'
  files: number
  filesTotal: number
  bytes: number
  bytesTotal: number
  rateBytesPerSecond: number
  etaMs: number | null
  damaged: number
  ms: number
}

/** A file with something wrong. */
export interface DamagedJson {
  path: string
  cid: string
  /** The first of them. */
  blocks: number[]
  blockCount: number
  reason: 'blocks' | 'changed' | 'unreadable' | 'missing'
}

export type VerificationReport = VerificationJson & { damagedFiles: DamagedJson[] }

export type VerifyEvent =
  | ({ event: 'progress' } & Omit<VerificationJson, 'state' | 'ms'>)
  | ({ event: 'damaged' } & DamagedJson)
  | { event: 'done'; files: number; bytes: number; damaged: number; ms: number }
  | ({ event: 'stopped' } & Omit<VerificationJson, 'state' | 'rateBytesPerSecond' | 'etaMs'>)

export interface PeerJson {
  peerId: string
  name: string
  addr?: string | null
  road: string
  zone: string | null
  state: string
  neighbour: boolean
  latencyMs: number | null
  lastSeenMs: number | null
}

/** A system whose clients the node serves. */
export interface DialectJson {
  name: string
  address: string
  grpcAddress?: string
  calls: { ok: number; refused: number; failed: number }
  state: Record<string, unknown>
}

export interface StatusJson {
  peerId: string
  name: string
  version: string
  uptimeMs: number
  http: string
  grpc: string
  addresses: string[]
  p2p: string[]
  dataDir: string
  library: {
    files: number
    sizeBytes: number
    /** Missing at a node of an older version. */
    damaged?: number
    hashing: { files: number; bytesDone: number; bytesTotal: number } | null
  }
  locators: Record<string, unknown>
  downloads: { active: number }
  uploads: { active: number; queued: number; slots: number }
  peers: number
  network: NetworkJson | null
  reachability: 'unknown' | 'local' | 'private' | 'public'
  relay: {
    reservations: string[]
    serving: {
      reservations: number
      slots: number
      connections: number
      bytesToday: number
      bytesPerDay: number
    } | null
  }
  dht: { mode: 'client' | 'server'; contacts: number }
  privateNetwork: { name: string; fingerprint: string } | null
  /** Older nodes have none. */
  replicas?: { ordered: number; short: number; kept: number; keptBytes: number }
  /** Older nodes have none. */
  dialects?: DialectJson[]
}

/** The network without a server, as this node sees it. */
export interface NetworkJson {
  role: 'member' | 'leaf'
  neighbours: number
  zone: string
  zoneSize: number
  size: number
}

export interface ConfigJson {
  config: Record<string, unknown>
  schema: { properties?: Record<string, SettingSchema> }
  sources: Record<string, string>
}

export interface SettingSchema {
  type?: string
  /** `bytesPerSecond` of a rate, `logLevels` of levels by module. */
  unit?: string
  description?: string
}

/** A value that was put. */
export interface PutJson {
  key: string
  version: number
  writer: string
  expiresMs: number
  /** Nodes that keep it. */
  replicas: number
}

/** A value that was found. */
export interface ValueJson {
  key: string
  version: number
  writer: string
  expiresMs: number
  size: number
  base64: string
  /** Missing when the value is no UTF-8. */
  text?: string
}
