import { hash } from 'node:crypto'
import { ShoalError } from '../base/errors.ts'
import { BLOCK_SIZE, digestOfCid } from './cid.ts'
import {
  blockCount,
  blockDigest,
  blockSize,
  blocksOfRange,
  type FileLayout,
  layoutOfRawCid,
} from './layout.ts'

/** The SHA-256 of `bytes`, 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer')
}

/** True when both hold the same bytes. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

/** True when `bytes` are block `index` of the file: right length and right SHA-256. False, too, when there is no such block. */
export function verifyBlock(layout: FileLayout, index: number, bytes: Uint8Array): boolean {
  if (!Number.isInteger(index) || index < 0 || index >= blockCount(layout)) return false
  return bytes.length === blockSize(layout, index) && sameBytes(sha256(bytes), blockDigest(layout, index))
}

/**
 * The layout of a single-block file, learnt from its block: what the CID proves once the bytes are there.
 *
 * @throws ShoalError BAD_BLOCK when the bytes are others; INVALID_CID when the CID is no raw one
 */
export function layoutOfRawBlock(cid: string, bytes: Uint8Array): FileLayout {
  if (!sameBytes(sha256(bytes), digestOfCid(cid))) throw new ShoalError('BAD_BLOCK')
  return layoutOfRawCid(cid, bytes.length)
}

export interface ByteRange {
  /** First byte, from 0. */
  readonly offset: number
  /** How many bytes. */
  readonly length: number
}

/**
 * Bytes of a range, proved against the CID by the blocks that hold them: no other part of the file is needed.
 *
 * @param blocks the blocks of `blocksOfRange(layout, offset, length)`, in order
 * @returns a copy of exactly the range
 * @throws ShoalError BAD_BLOCK when one of them is wrong, BAD_RESPONSE when there are too few or too many; RangeError when the range is not
 * inside the file
 */
export function verifyRange(layout: FileLayout, range: ByteRange, blocks: Iterable<Uint8Array>): Uint8Array {
  const { first, end } = blocksOfRange(layout, range.offset, range.length)
  const out = new Uint8Array(range.length)
  let index = first
  for (const block of blocks) {
    if (index >= end) throw new ShoalError('BAD_RESPONSE', 'More blocks came than the range has.')
    if (!verifyBlock(layout, index, block)) {
      throw new ShoalError('BAD_BLOCK', `Block ${index} of ${layout.cid} does not match its hash.`, {
        details: { cid: layout.cid, index },
      })
    }
    const start = index * BLOCK_SIZE
    const from = Math.max(range.offset, start)
    const to = Math.min(range.offset + range.length, start + block.length)
    out.set(block.subarray(from - start, to - start), from - range.offset)
    index++
  }
  if (index < end) throw new ShoalError('BAD_RESPONSE', 'Fewer blocks came than the range has.')
  return out
}
