/** A bitmap without any block for a file with these digests (32 bytes a block); empty when they are not known. */
export function emptyBitmap(digests: Uint8Array | undefined): Uint8Array {
  return new Uint8Array(digests ? Math.ceil(digests.length / 32 / 8) : 0)
}

/**
 * A copy of `bitmap` with the bits of `indices` set; block 0 is the highest bit of the first byte. A bitmap of another length than
 * `blockCount` asks for is cut or grown.
 *
 * @throws RangeError for an index that is no block
 */
export function setBits(bitmap: Uint8Array, indices: Iterable<number>, blockCount: number): Uint8Array {
  const out = new Uint8Array(Math.ceil(blockCount / 8))
  out.set(bitmap.subarray(0, out.length))
  for (const index of indices) {
    if (!Number.isInteger(index) || index < 0 || index >= blockCount) {
      throw new RangeError(`there is no block ${index} of ${blockCount}`)
    }
    out[index >> 3]! |= 0x80 >> (index & 7)
  }
  return out
}
