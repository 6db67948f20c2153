import { KIB } from '../base/units.ts'
import { BLOCK_SIZE } from '../content/cid.ts'

/** First messages are small, so that a receiver on a slow line sees soon that something comes. */
export const START_PART_BYTES = 64 * KIB

const MIN_PART_BYTES = 16 * KIB

/** Taken faster than this, parts grow; slower than that, they shrink, ms. A receiver takes seconds of silence for a stall. */
const QUICK_MS = 100
const SLOW_MS = 1000

/** How many bytes of a block the next message should hold, after the line took `tookMs` to take the last one. At most a whole block. */
export function nextPartBytes(partBytes: number, tookMs: number): number {
  if (tookMs < QUICK_MS) return Math.min(BLOCK_SIZE, partBytes * 2)
  if (tookMs > SLOW_MS) return Math.max(MIN_PART_BYTES, partBytes / 2)
  return partBytes
}
