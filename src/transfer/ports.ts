import type { FileLayout } from '../content/manifest.ts'
import type { PeerService } from '../contract/gen/shoal/v1/peer_pb.ts'
import type { Client, ServiceImpl } from '../link/rpc.ts'
import type { DownloadStore } from '../storage/download-store.ts'

/** A peer that has all or part of a CID. */
export interface Provider {
  readonly peerId: string
  /** For people; proves nothing. */
  readonly name: string
  /** HOST:PORT of its gRPC server, and multiaddrs, best first. */
  readonly addresses: readonly string[]
  /** Not a peer but a file at an HTTP server; `peerId` is then `mirror:` and the URL for people. */
  readonly mirror?: MirrorFile
}

/** A file at an HTTP server. */
export interface MirrorFile {
  /** With user and password, if it has them: not for people. */
  readonly url: string
  /** That it must have; undefined while it is not known, of a file of one block. */
  readonly sizeBytes: number | undefined
}

/** Looks for peers that have a CID; the same one may come more than once. */
export type FindProviders = (cid: string, signal: AbortSignal) => AsyncIterable<Provider>

/** What a download calls at a peer. */
export type PeerClient = Pick<
  Client<typeof PeerService>,
  'getManifest' | 'getBlocks' | 'remoteAddress' | 'road'
>

/** What a peer calls here; the rest of the service keeps values, and stands elsewhere. */
export type PeerServiceImpl = Omit<
  ServiceImpl<typeof PeerService>,
  'storeValues' | 'getValue' | 'offerValues'
>

/** A client for one peer; connects when it is first used. */
export type ConnectPeer = (provider: Provider) => PeerClient

/** What identifies the content of a file on the disk without reading it. */
export interface FileStat {
  readonly size: number
  readonly mtimeMs: number
  readonly ino: number
}

/** What reading a whole file tells: both of its hashes, and its stat at that moment. */
export interface IngestedFile {
  readonly cid: string
  /** Hex. */
  readonly sha256: string
  readonly sizeBytes: number
  readonly digests: Uint8Array
  readonly totalBytes: number
  readonly stat: FileStat
}

/** Reads whole files off the main thread (content's Ingestor). */
export interface FileIngestor {
  ingest(
    path: string,
    options: { signal?: AbortSignal; onProgress?: (bytesDone: number) => void },
  ): Promise<IngestedFile>
}

/** A file that a download has put in its final place. */
export interface FinishedFile {
  readonly absPath: string
  readonly cid: string
  readonly layout: FileLayout
  /** Hex. */
  readonly sha256: string
  /** Bytes of the file and its manifest nodes: the `Tsize` of a link to it. */
  readonly totalBytes: number
  readonly stat: FileStat
  /** The downloaded folder it belongs to; undefined when the file itself was the download. */
  readonly folder?: FinishedFolder
}

/** A folder that a download has put in its final place. */
export interface FinishedFolder {
  readonly absPath: string
  readonly cid: string
}

/** The journal of downloads, as storage keeps it. */
export type DownloadJournal = Pick<DownloadStore, 'put' | 'update' | 'markBlocks' | 'get' | 'list' | 'remove'>
