import { ShoalError } from '../base/errors.ts'
import { BLOCK_SIZE, DIGEST_SIZE, digestOfCid, isRawCid } from './cid.ts'

/** How a file is made of blocks. When it came from a verified manifest, it is as trustworthy as the CID itself. */
export interface FileLayout {
  /** Canonical text of the file's CID. */
  readonly cid: string
  readonly sizeBytes: number
  /** SHA-256 of each block, 32 bytes each, one after the other. An empty file has one block of no bytes. */
  readonly digests: Uint8Array
}

/** Blocks `first` (inclusive) to `end` (exclusive). */
export interface BlockSpan {
  readonly first: number
  readonly end: number
}

/** How many blocks a file of this size has; an empty file has one. */
export function blocksOfSize(sizeBytes: number): number {
  return Math.max(1, Math.ceil(sizeBytes / BLOCK_SIZE))
}

/** How many blocks the file has, at least 1. */
export function blockCount(layout: FileLayout): number {
  return blocksOfSize(layout.sizeBytes)
}

/** Bytes of block `index`: {@link BLOCK_SIZE}, less for the last one. @throws RangeError when there is no such block */
export function blockSize(layout: FileLayout, index: number): number {
  const last = blockCount(layout) - 1
  if (!Number.isInteger(index) || index < 0 || index > last)
    throw new RangeError(`there is no block ${index}`)
  return index < last ? BLOCK_SIZE : layout.sizeBytes - last * BLOCK_SIZE
}

/** SHA-256 of block `index`, 32 bytes, a view. @throws RangeError when there is no such block */
export function blockDigest(layout: FileLayout, index: number): Uint8Array {
  const digest = layout.digests.subarray(index * DIGEST_SIZE, (index + 1) * DIGEST_SIZE)
  if (index < 0 || digest.length !== DIGEST_SIZE) throw new RangeError(`there is no block ${index}`)
  return digest
}

/**
 * The blocks that hold bytes `offset` to `offset + length`. An empty range has no blocks.
 *
 * @throws RangeError when the range is not inside the file
 */
export function blocksOfRange(layout: FileLayout, offset: number, length: number): BlockSpan {
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length)
  if (!whole || offset < 0 || length < 0 || offset + length > layout.sizeBytes) {
    throw new RangeError(`bytes ${offset}+${length} are not inside a file of ${layout.sizeBytes} bytes`)
  }
  const first = Math.floor(offset / BLOCK_SIZE)
  return { first, end: length === 0 ? first : Math.ceil((offset + length) / BLOCK_SIZE) }
}

/**
 * The layout of a file that is one raw block. Its size is not in the CID: it is what a provider says until the block
 * is there and verified (see `layoutOfRawBlock` in verify.ts).
 *
 * @throws ShoalError INVALID_CID for another kind of CID; NOT_IMPLEMENTED for more than one block's bytes
 */
export function layoutOfRawCid(cid: string, sizeBytes: number): FileLayout {
  if (!isRawCid(cid)) throw new ShoalError('INVALID_CID', `${cid} does not name a single block.`)
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0 || sizeBytes > BLOCK_SIZE) {
    throw new ShoalError(
      'NOT_IMPLEMENTED',
      `${cid} names one block of ${sizeBytes} bytes; in the profile unixfs-v1-2025 a block has at most ${BLOCK_SIZE}.`,
    )
  }
  return { cid, sizeBytes, digests: digestOfCid(cid).slice() }
}
