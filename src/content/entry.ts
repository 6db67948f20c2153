/** One shared file or folder, as its provider describes it. */
export interface SharedEntry {
  /** Canonical text form (base32) of the CID. */
  readonly cid: string
  /** Hex SHA-256 of the plain bytes; undefined for a folder. */
  readonly sha256: string | undefined
  /** File name without path, 1 to 255 bytes of UTF-8. */
  readonly name: string
  /** Path below the shared folder with `/`, the name last; starts with the shared folder's own name. */
  readonly path: string
  /** Bytes of the file, or of all files below the folder. */
  readonly sizeBytes: number
  readonly kind: EntryKind
  /** Last change, ms since the Unix epoch; 0 when not known. */
  readonly modifiedMs: number
}

export type EntryKind = 'file' | 'folder'

/** Names one entry of one peer: the same content may be shared under several paths. */
export interface EntryKey {
  readonly cid: string
  readonly path: string
}
