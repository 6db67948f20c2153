import type { SmallFound } from './disk-types.ts'

/** Numbers a file: bytes read or written, -1 for nothing; size, time and inode of its stat. One array for all is quick to hand over. */
const NUMBERS = 4
const NOTHING = -1

/** For a thread to answer with. */
export function packFound(found: readonly (SmallFound | null)[]): Float64Array<ArrayBuffer> {
  const packed = new Float64Array(NUMBERS * found.length)
  for (const [at, each] of found.entries()) {
    if (each) packed.set([each.length, each.stat.size, each.stat.mtimeMs, each.stat.ino], NUMBERS * at)
    else packed[NUMBERS * at] = NOTHING
  }
  return packed
}

/** The inverse of {@link packFound}. */
export function unpackFound(packed: Float64Array): (SmallFound | null)[] {
  const found: (SmallFound | null)[] = []
  for (let at = 0; at < packed.length; at += NUMBERS) {
    const length = packed[at]!
    const stat = { size: packed[at + 1]!, mtimeMs: packed[at + 2]!, ino: packed[at + 3]! }
    found.push(length === NOTHING ? null : { length, stat })
  }
  return found
}
