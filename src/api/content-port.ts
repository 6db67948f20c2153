import type { FileLayout } from '../content/layout.ts'

/** Content by its CID, for whoever reads it piece by piece. */
export interface ContentPort {
  /**
   * What a CID names: in the library, in running downloads, else in the network. To be closed by the caller.
   *
   * Errors: NOT_FOUND and NO_PROVIDERS (nobody has it), TIMED_OUT, INVALID_CID, NOT_IMPLEMENTED (not in the profile).
   */
  open(cid: string, options: OpenOptions): Promise<OpenContent>
}

export interface OpenOptions {
  /** Ends the looking only; what was opened stays open. */
  readonly signal: AbortSignal
  /** CIDs of the folders through which it was reached: who has one of them may have this. */
  readonly within?: readonly string[]
  /** Ask nobody else: NOT_FOUND for what is not here. */
  readonly onlyLocal?: boolean
}

export type OpenContent = OpenFile | OpenFolder | FilePart

/** A file, or a block or node of one when that is what the CID names by itself. */
export interface OpenFile {
  readonly kind: 'file'
  readonly layout: FileLayout
  /**
   * A block, verified. May wait while it is fetched; only the waiting ends with the signal. Errors: NOT_FOUND when it is not to be had any more,
   * BAD_BLOCK, TIMED_OUT, IO.
   */
  readBlock(index: number, signal: AbortSignal): Promise<Uint8Array>
  /** These bytes are read next, in order, by who reads with this signal, until it ends: `offset` from 0, `length` in bytes. */
  hint(range: { readonly offset: number; readonly length: number }, signal: AbortSignal): void
  /** Others may be asked for its blocks. */
  readonly isRemote?: boolean
  /** False when it has to be opened anew: what it was made of is not shared any more. */
  isCurrent(): boolean
  close(): void
}

/** A folder with all folders below it. */
export interface OpenFolder {
  readonly kind: 'folder'
  readonly cid: string
  /** A dag-pb node of it or of a folder below, those of tries too, verified; undefined for anything else. */
  node(cid: string): Uint8Array | undefined
  /** Bytes of its nodes, when they are kept in memory. */
  readonly weightBytes?: number
  isCurrent(): boolean
  close(): void
}

/** A block, or an inner node, of a file that is here under another CID. */
export interface FilePart {
  readonly kind: 'part'
  /** CID of the file: open that. */
  readonly of: string
}
