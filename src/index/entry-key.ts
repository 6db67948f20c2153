import { hash } from 'node:crypto'
import { cidToBytes } from '../content/cid.ts'
import type { SharedEntry } from '../content/entry.ts'
import { rawCidDigest } from './validate.ts'

/** The columns of `entries` that make one description different from another. */
export interface EntryColumns {
  readonly cid: Uint8Array
  /** 64 bits of the path's SHA-256. */
  readonly pathKey: bigint
  /** 64 bits of the SHA-256 over what else describes the entry. */
  readonly variantKey: bigint
  /** 1 file, 2 folder, as in EntryKind of common.proto. */
  readonly kind: number
  /** Undefined where it can be read from the CID: for raw CIDs and folders. */
  readonly sha256: Uint8Array | undefined
}

/**
 * 64 bits of SHA-256 as a signed integer. To merge an entry with that of another publisher one would have to hit its
 * key under the same CID: 2^64 tries.
 */
export function key64(text: string): bigint {
  return hash('sha256', text, 'buffer').readBigInt64BE(0)
}

/** @param entry a valid one (see validate.ts) */
export function entryColumns(entry: SharedEntry): EntryColumns {
  const cid = cidToBytes(entry.cid)
  const stored =
    entry.sha256 !== undefined && !rawCidDigest(cid) ? Buffer.from(entry.sha256, 'hex') : undefined
  return {
    cid,
    pathKey: key64(entry.path),
    variantKey: key64(`${entry.kind}:${entry.sizeBytes}:${entry.sha256 ?? ''}`),
    kind: entry.kind === 'folder' ? 2 : 1,
    sha256: stored,
  }
}
