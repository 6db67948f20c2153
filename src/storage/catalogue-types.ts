import type { EntryKey, EntryKind, SharedEntry } from '../content/entry.ts'
import type { FileLayout } from '../content/manifest.ts'
import type { ShareRoot } from './rel-path.ts'

/** What tells cheaply whether a file is still the one that was hashed; as `fs.Stats` gives it. */
export interface FileStat {
  /** Bytes. */
  readonly size: number
  readonly mtimeMs: number
  readonly ino: number
}

/** The same file, unchanged, as far as the file system can say. */
export function sameStat(a: FileStat, b: FileStat): boolean {
  return a.size === b.size && a.mtimeMs === b.mtimeMs && a.ino === b.ino
}

/** Who shared it: the configuration, a user, or a finished download. */
export type ShareOrigin = 'config' | 'user' | 'download'

/** A file or folder that is shared, with all below it. */
export interface Share extends ShareRoot {
  /** Never used again, also not for the same path. */
  readonly id: number
  readonly origin: ShareOrigin
  readonly addedMs: number
  /** The root cannot be reached at present; its entries are kept but neither found nor told. */
  readonly missing: boolean
  /** Device of the root when it was last seen; tells an unmounted disk from an emptied folder. */
  readonly rootDev: number | undefined
  readonly files: number
  readonly folders: number
  /** Of all files, each path counted. */
  readonly sizeBytes: number
}

/** A path in a share: `/` between parts, relative to the root. In a share of one file: the file's name. */
export interface PathKey {
  readonly shareId: number
  readonly relPath: string
}

/** A file that has been hashed. */
export interface CataloguedFile extends PathKey {
  readonly cid: string
  /** Hex. */
  readonly sha256: string
  /** 32 bytes a block. */
  readonly digests: Uint8Array
  /** Bytes of all blocks and nodes of the DAG (Tsize). */
  readonly totalBytes: number
  readonly stat: FileStat
}

/** A folder whose DAG has been built. */
export interface CataloguedFolder extends PathKey {
  readonly cid: string
  readonly totalBytes: number
  /** Of all files below. */
  readonly sizeBytes: number
  readonly modifiedMs: number
  /** The folder's own dag-pb nodes by CID, not those of subfolders. */
  readonly nodes: ReadonlyMap<string, Uint8Array>
  /** `stale` of {@link StaleFolder}, as it was before the children were read. */
  readonly stale: number
}

/** A folder whose CID is not right any more. */
export interface StaleFolder {
  readonly relPath: string
  readonly stale: number
}

/** A row directly in a folder. */
export interface Child extends FileStat {
  readonly name: string
  readonly kind: EntryKind
  /** Undefined for a folder that was not built yet. */
  readonly cid: string | undefined
  readonly totalBytes: number
  /** Its bytes are wrong: it is known, and part of nothing that is shared. */
  readonly isDamaged: boolean
}

/** What is wrong with the bytes of a file whose stat is that of when it was hashed. */
export interface Damage {
  /** blocks: some are wrong. changed: none is right any more. */
  readonly reason: 'blocks' | 'changed'
  readonly blockCount: number
  /** The first of the wrong blocks, from 0. */
  readonly blocks: readonly number[]
}

/** A file as it should be, for whoever reads it again. */
export interface KnownContent extends PathKey {
  readonly absPath: string
  readonly cid: string
  readonly stat: FileStat
  readonly isDamaged: boolean
}

export interface KnownFile extends FileStat {
  readonly relPath: string
  readonly cid: string
}

/** What a write did to what can be found. */
export interface CatalogueChange {
  readonly added: SharedEntry[]
  readonly removed: EntryKey[]
}

/** A path where a shared file lies, and its stat when it was hashed. */
export interface FilePlace {
  readonly absPath: string
  readonly stat: FileStat
}

/** Where a CID can be read. */
export interface Located {
  readonly entry: SharedEntry
  readonly absPath: string
  /** Undefined for a folder. */
  readonly layout: FileLayout | undefined
  /** Of the file when it was hashed: compare before the bytes are trusted. */
  readonly stat: FileStat
  /** Further paths with the same content, for when the first one is gone. At most 15. */
  readonly others: readonly FilePlace[]
}

/** What is looked for; all that is set must hold. Structurally the locators' query. */
export interface CatalogueQuery {
  /** Words as typed; a trailing `*` makes the last one a prefix. */
  readonly words?: string | undefined
  /** Hex. */
  readonly sha256?: string | undefined
  /** Canonical text. */
  readonly cid?: string | undefined
  /** Most different CIDs wanted. */
  readonly limit: number
}

export interface ListOptions {
  readonly limit: number
  /** `cursor` of the page before. */
  readonly cursor?: string | undefined
  /** Folders too. */
  readonly folders?: boolean | undefined
  /** Only entries with this CID. */
  readonly cid?: string | undefined
  /** Only entries whose path has all these words, see {@link CatalogueQuery}. */
  readonly words?: string | undefined
}

export interface ListPage {
  /** By share and path. */
  readonly entries: (SharedEntry & { readonly absPath: string })[]
  /** For the next page; undefined at the end. */
  readonly cursor?: string
}
