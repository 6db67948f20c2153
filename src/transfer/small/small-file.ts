import { BLOCK_SIZE, cidToBytes, RAW } from '../../content/cid.ts'
import type { FolderEntry } from '../../content/manifest.ts'

/** A file of a folder that is one block: its CID proves its bytes, and nothing else need be known of it. */
export interface SmallFile {
  /** Place among the folder's entries. */
  readonly number: number
  readonly cid: string
  readonly digest: Uint8Array
  /** Where it goes, absolute. */
  readonly path: string
  /** Bytes by the word of the folder, to plan with. */
  readonly plannedBytes: number
  /** Peers that could not give it. */
  refusedBy?: Set<string>
}

/** The digest of a file that is one block; undefined for any other entry. */
export function smallDigest({ kind, cid, totalBytes }: FolderEntry): Uint8Array | undefined {
  if (kind !== 'file' || totalBytes > BLOCK_SIZE) return undefined
  const bytes = cidToBytes(cid)
  return bytes[1] === RAW ? bytes.subarray(4) : undefined
}
