import type { Emitter } from '../base/events.ts'
import type { EntryKind, SharedEntry } from '../content/entry.ts'
import type { SearchQuery } from '../discovery/locator.ts'
import type { LeftOut } from '../library/left-out.ts'
import type { ContentPort } from './content-port.ts'
import type { DownloadChanges, DownloadPriority } from './events/download-changes.ts'
import type { MetricsPort } from './metrics/port.ts'
import type { Readiness } from './readiness.ts'
import type { Target } from './requests/target.ts'
import type { BlockMapView } from './views/block-map-view.ts'
import type { DialectView } from './views/dialect-view.ts'
import type { DoctorCheck } from './views/doctor-view.ts'
import type { IncomingPort } from './views/incoming-view.ts'
import type { LinksPort } from './views/link-view.ts'
import type { NetworkView, PeerRow, UploadAction, UploadPeerView, UploadsView } from './views/network-view.ts'
import type { ReplicationPort } from './views/replica-view.ts'
import type { ErrorView, SearchContext, SearchEvent } from './views/search-view.ts'
import type { StatsPort } from './views/stats-view.ts'
import type { VerifyPort } from './views/verify-view.ts'
import type { WishPort } from './views/wish-view.ts'

export type { ContentPort, FilePart, OpenContent, OpenFile, OpenFolder, OpenOptions } from './content-port.ts'
export type { DownloadChanges, DownloadPriority } from './events/download-changes.ts'
export type { BlockMapView } from './views/block-map-view.ts'
export type { DoctorCheck, DoctorStatus } from './views/doctor-view.ts'
export type {
  NetworkView,
  PeerRow,
  UploadAction,
  UploadPeerView,
  UploadsView,
  UploadView,
} from './views/network-view.ts'
export type { ErrorView, LocatorReport, SearchContext, SearchEvent } from './views/search-view.ts'
export type { StatsPort, StatsView } from './views/stats-view.ts'
export type { DamagedView, VerifyEvent, VerifyPort, VerifyView } from './views/verify-view.ts'

/**
 * What the API needs of a node, and all that it knows of it: the composition root implements this, tests fake
 * it. Every method may throw ShoalErrors; their codes become the status of the answer.
 */
export interface NodePort {
  /** The node at a glance. */
  status(): NodeStatus
  readonly library: LibraryPort
  readonly verify: VerifyPort
  readonly downloads: DownloadsPort
  readonly config: ConfigPort
  readonly kv: KeyValuePort
  readonly wishes: WishPort
  readonly replication: ReplicationPort
  readonly stats: StatsPort
  readonly content: ContentPort
  readonly links: LinksPort
  readonly incoming: IncomingPort
  readonly metrics: MetricsPort
  /** Whether it does its work yet. */
  readiness(): Readiness
  /**
   * Searches the own catalogue and the locators; ends with a `done`. An abort of the signal ends the work
   * upstream.
   */
  search(query: SearchQuery, context: SearchContext): AsyncIterable<SearchEvent>
  uploads(): UploadsView
  /** NOT_FOUND for a peer that neither fetches nor is paused or refused; CONFLICT when too many are. */
  controlUploads(peerId: string, action: UploadAction): UploadPeerView
  /** Peers this node knows, the one seen last first. */
  peers(): PeerRow[]
  /** What happens in the node, for whoever looks on. */
  readonly events: Emitter<NodeEvent>
  /** Snapshots of inner state for people who look for a fault; JSON values only, no secrets. */
  debug(): Record<string, unknown>
  /** What works and what does not, as the running node sees it. Calls configured peers and index servers; some seconds at most. */
  doctor(signal: AbortSignal): Promise<DoctorCheck[]>
}

export interface NodeStatus {
  readonly peerId: string
  readonly name: string
  readonly version: string
  readonly uptimeMs: number
  /** URL of the HTTP API. */
  readonly http: string
  /** HOST:PORT of the gRPC server; undefined while it does not listen. */
  readonly grpc: string | undefined
  /** gRPC addresses that are told to other peers, HOST:PORT. */
  readonly addresses: readonly string[]
  /** Multiaddrs of the libp2p host; empty while that is off. */
  readonly p2p: readonly string[]
  readonly dataDir: string
  readonly library: {
    readonly files: number
    readonly folders: number
    readonly sizeBytes: number
    /** Files whose bytes are wrong: not among the others. */
    readonly damaged: number
    /** What is being hashed; null when nothing is. */
    readonly hashing: {
      readonly files: number
      readonly bytesDone: number
      readonly bytesTotal: number
    } | null
    /** Absolute paths of what is shared. */
    readonly shares: readonly string[]
  }
  /** State of each enabled locator, by name; JSON values only. */
  readonly locators: Readonly<Record<string, unknown>>
  /** Counts of downloads by what they do: at least `active`. */
  readonly downloads: { readonly active: number } & Readonly<Record<string, number>>
  readonly uploads: { readonly active: number; readonly queued: number; readonly slots: number }
  /** Number of known peers. */
  readonly peers: number
  /** The network without a server; null when this node takes no part in it. */
  readonly network: NetworkView | null
  /** Who can connect to this node: nobody outside (`private`), others outside (`public`), those of the same network (`local`). */
  readonly reachability: 'unknown' | 'local' | 'private' | 'public'
  readonly relay: RelayView
  /** A client asks the DHT and is not asked. */
  readonly dht: { readonly mode: 'client' | 'server'; readonly contacts: number }
  /** The private network that this node is in; null for the public one. */
  readonly privateNetwork: { readonly name: string; readonly fingerprint: string } | null
  readonly replicas: ReplicaCounts
  /** Systems whose clients this node serves; none unless the owner says so. */
  readonly dialects: readonly DialectView[]
}

/** Copies that others keep for this node, and that it keeps for others. */
export interface ReplicaCounts {
  /** Orders of this node that last. */
  readonly ordered: number
  /** Of them, those with fewer live copies than wanted. */
  readonly short: number
  readonly kept: number
  readonly keptBytes: number
}

/** Relays that this node uses, and what it is as a relay of others. */
export interface RelayView {
  /** PeerIds of the relays through which others reach this node. */
  readonly reservations: readonly string[]
  /** Null when it relays for nobody. Bytes are those of the last 24 hours. */
  readonly serving: {
    readonly reservations: number
    readonly slots: number
    readonly connections: number
    readonly bytesToday: number
    readonly bytesPerDay: number
  } | null
}

export interface LibraryPort {
  list(options: LibraryListOptions): LibraryPage
  /**
   * Shares a file or folder and resolves with all its entries when they are hashed and in the catalogue;
   * `onAdded` hears of each at once, `onLeftOut` of what is there and is not shared. Errors: NOT_FOUND, PERMISSION_DENIED, INVALID_ARGUMENT (not shareable),
   * FILE_CHANGED.
   */
  add(
    path: string,
    options: {
      signal: AbortSignal
      onAdded(entry: SharedEntry): void
      onLeftOut?(leftOut: LeftOut): void
    },
  ): Promise<SharedEntry[]>
  /**
   * Stops sharing an absolute path or a CID; how many entries that withdrew. NOT_FOUND when there was none.
   */
  remove(target: string): Promise<number>
  shares(): ShareView[]
}

export interface LibraryListOptions {
  /** Most entries wanted. */
  readonly limit: number
  /** `cursor` of the page before. */
  readonly cursor?: string
  /** Folders too. */
  readonly folders?: boolean
  /** Only entries with this CID (canonical text). */
  readonly cid?: string
  /** Only entries whose path has all these words, as a search takes them. */
  readonly words?: string
}

export interface LibraryPage {
  /** By path; `absPath` is where the file is on this machine. */
  readonly entries: readonly (SharedEntry & { readonly absPath: string })[]
  /** For the next page; undefined at the end. */
  readonly cursor?: string | undefined
}

export interface ShareView {
  readonly id: string
  /** Absolute. */
  readonly path: string
  readonly kind: EntryKind
  /** Who shared it: the configuration, a user, or a finished download. */
  readonly origin: 'config' | 'user' | 'download'
  readonly files: number
  readonly sizeBytes: number
}

export interface DownloadsPort {
  /**
   * Starts fetching, or finds the download that already fetches the same to the same place. `created` tells
   * which. A file name is looked for on the locators: NOT_FOUND when nobody has it; AMBIGUOUS with
   * `details.candidates` [{ cid, name, size, providers }] when several contents have it.
   */
  start(target: Target, options: StartOptions): Promise<{ view: DownloadView; created: boolean }>
  /** What a target stands for, without fetching it. A CID is not looked for. Errors as those of {@link start}. */
  find(target: Target, signal: AbortSignal): Promise<FoundTarget>
  /** Each of these: NOT_FOUND for an unknown id, CONFLICT when the state does not allow it. One that is so already stays as it is. */
  pause(id: string): Promise<DownloadView>
  resume(id: string): Promise<DownloadView>
  cancel(id: string): Promise<DownloadView>
  /** Changes what is told of it. CONFLICT when it is done or cancelled. */
  change(id: string, changes: DownloadChanges): DownloadView
  /** Forgets an ended download; no file is deleted. */
  remove(id: string): Promise<void>
  /** Forgets all ended downloads in these states; how many. */
  clear(states: readonly DownloadState[]): Promise<number>
  get(id: string): DownloadView | undefined
  /** What becomes of its blocks, in at most so many cells. NOT_FOUND for an unknown id. */
  blocks(id: string, cells: number): BlockMapView
  /** Newest first. */
  list(): DownloadView[]
  /** The download now and after each change, until it has ended. NOT_FOUND for an unknown id. */
  watch(id: string, signal: AbortSignal): AsyncIterable<DownloadView>
}

export interface FoundTarget {
  readonly cid: string
  /** As the target says, or as it is found under. */
  readonly name?: string | undefined
}

export interface StartOptions extends DownloadChanges {
  /** Absolute path of the file, or of the folder to put it into; undefined = the downloads folder. */
  readonly out?: string | undefined
  /** Name for the file; undefined = the one of the target, else the one it is found under. */
  readonly name?: string | undefined
  /** URLs of HTTP servers that have the file, or the files of the folder below them. INVALID_ARGUMENT for what is none. */
  readonly mirrors?: readonly string[] | undefined
  readonly signal: AbortSignal
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

export const DOWNLOAD_STATES: readonly DownloadState[] = [
  ...(['queued', 'resolving', 'running', 'paused', 'finishing'] as const),
  ...(['done', 'failed', 'cancelled'] as const),
]

export const FINAL_STATES: readonly DownloadState[] = ['done', 'failed', 'cancelled']

export interface DownloadView {
  readonly id: string
  readonly cid: string
  readonly name: string
  /** Where it is or will be. */
  readonly path: string
  readonly kind: EntryKind
  readonly state: DownloadState
  readonly priority: DownloadPriority
  /** Blocks come from the beginning to the end, as far as sources allow it. */
  readonly sequential: boolean
  /** Place in the queue while it is queued, 1 = next. */
  readonly queuePosition?: number | undefined
  /** 0 while not known. */
  readonly sizeBytes: number
  /** Verified and written. */
  readonly doneBytes: number
  readonly rateBytesPerSecond: number
  /** Left at this rate; undefined while it cannot be told. */
  readonly etaMs?: number | undefined
  /** Files of a folder; undefined for a file. */
  readonly files?: { readonly done: number; readonly total: number } | undefined
  /** Running, and nobody serves: looking for somebody, or in the queues of those who could. */
  readonly waitingFor?: 'providers' | 'slots' | undefined
  /** Verified bytes by PeerId of their source. */
  readonly sources: Readonly<Record<string, number>>
  readonly activeSources: readonly ActiveSource[]
  readonly dropped: readonly { readonly peerId: string; readonly reason: string }[]
  readonly error?: ErrorView | undefined
  readonly createdMs: number
  readonly finishedMs?: number | undefined
}

export interface ActiveSource {
  readonly peerId: string
  readonly name: string
  readonly addr: string
  readonly state: string
  /** Place in its queue, 1 = next; undefined when it does not wait. */
  readonly position?: number | undefined
  readonly rateBytesPerSecond: number
  /** How it is reached, or will be tried first. */
  readonly road: 'direct' | 'relayed' | 'tunnel' | 'mirror'
  /** Verified bytes of it. */
  readonly doneBytes: number
}

/** Values under keys, kept by the nodes closest to each key. A node that is not in the DHT answers with CONFLICT. */
export interface KeyValuePort {
  /**
   * Resolves when at least one other node has it, or this one when it is alone. Errors: INVALID_ARGUMENT (key), TOO_LARGE,
   * NO_SPACE (this writer or the nodes have no room), CONFLICT (somebody wrote at the same time), UNAVAILABLE.
   */
  put(key: string, value: Uint8Array, options: { signal: AbortSignal }): Promise<PutView>
  /** The newest that is found. Errors: INVALID_ARGUMENT (key), NOT_FOUND, UNAVAILABLE (nobody answered). */
  get(key: string, options: { signal: AbortSignal }): Promise<ValueView>
}

/** A value that was put. */
export interface PutView {
  readonly key: string
  /** The greater one of a key counts. */
  readonly version: number
  /** PeerId of this node. */
  readonly writer: string
  /** When it is void unless it is renewed, ms since the Unix epoch. */
  readonly expiresMs: number
  /** Nodes that keep it now, this one too when it is one of the closest or alone. */
  readonly replicas: number
}

/** A value that was found. */
export interface ValueView {
  readonly key: string
  readonly value: Uint8Array
  readonly version: number
  /** PeerId of who wrote it. */
  readonly writer: string
  /** When it is void unless its writer renews it, ms since the Unix epoch. */
  readonly expiresMs: number
}

export interface ConfigPort {
  get(): ConfigView
  /** Checks, applies and stores changes. INVALID_CONFIG says which key is wrong; nothing is changed then. */
  patch(changes: Readonly<Record<string, unknown>>): Promise<{
    config: Readonly<Record<string, unknown>>
    restartNeeded: string[]
  }>
}

export interface ConfigView {
  readonly config: Readonly<Record<string, unknown>>
  /** JSON Schema of the settings. */
  readonly schema: Readonly<Record<string, unknown>>
  readonly sources: Readonly<Record<string, 'default' | 'file' | 'env' | 'flag'>>
}

/**
 * Something happened. `type` is the SSE event's name: library, download, peer, search, replica, …; `data` is JSON.
 */
export interface NodeEvent {
  readonly type: string
  readonly data: unknown
}
