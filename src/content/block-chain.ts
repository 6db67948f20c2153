import { _SHA256 } from '@noble/hashes/sha2.js'
import { KIB } from '../base/units.ts'

/**
 * Blocks in parts that can each be verified. SHA-256 is a chain: the digest follows from the chaining value before the last part and that part's bytes, that
 * value from the one before the part before, and so on. Whoever knows a block's digest can therefore verify a block that is sent from its end, part by part,
 * each with the chaining value before it, and needs no other hashes than the manifest's. (FIPS 180-4, 6.2; the Merkle–Damgård construction: for
 * another part with the same result a collision of the compression function would be needed.)
 *
 * Goals: what has come of a block can be passed on before the block is whole. Non-goals: speed; it runs at some 100 MB/s.
 */

/** Bytes of a part; the last one of a block may be shorter. */
export const PART_BYTES = 64 * KIB

/** Bytes of a chaining value. */
export const CHAINING_BYTES = 32

/** Bytes that SHA-256 takes at once. */
const CHUNK_BYTES = 64

/** Where the part begins that ends at `end`, which is a border between parts or the block's end. */
export function partStart(end: number): number {
  return Math.floor((end - 1) / PART_BYTES) * PART_BYTES
}

/**
 * The chaining values before each part of a block but the first, whose is SHA-256's initial value.
 *
 * @returns 32 bytes for part 1, 32 for part 2 and so on
 */
export function chainingValues(block: Uint8Array): Uint8Array {
  const parts = Math.ceil(block.length / PART_BYTES)
  const values = new Uint8Array(Math.max(0, parts - 1) * CHAINING_BYTES)
  const chain = new Chain()
  for (let part = 1; part < parts; part++) {
    chain.absorb(block.subarray((part - 1) * PART_BYTES, part * PART_BYTES))
    values.set(chain.value(), (part - 1) * CHAINING_BYTES)
  }
  return values
}

/**
 * What the chaining value after a part is, or, for a block's last part, the block's digest.
 *
 * @param before the chaining value before the part; ignored for the first part of a block
 * @param start where in the block the part begins, a multiple of {@link PART_BYTES}
 * @param blockBytes the block's size when the part is its last, else undefined
 */
export function valueAfter(
  before: Uint8Array,
  part: Uint8Array,
  start: number,
  blockBytes: number | undefined,
): Uint8Array {
  const chain = new Chain()
  if (start > 0) chain.resume(before)
  const wholeBytes = part.length - (part.length % CHUNK_BYTES)
  chain.absorb(part.subarray(0, wholeBytes))
  if (blockBytes !== undefined) chain.absorb(padded(part.subarray(wholeBytes), blockBytes))
  return chain.value()
}

/** The end of a message with SHA-256's padding: a 1, zeros, and the message's length in bits (FIPS 180-4, 5.1.1). */
function padded(rest: Uint8Array, messageBytes: number): Uint8Array {
  const chunks = rest.length + 9 > CHUNK_BYTES ? 2 : 1
  const tail = new Uint8Array(chunks * CHUNK_BYTES)
  tail.set(rest)
  tail[rest.length] = 0x80
  new DataView(tail.buffer).setBigUint64(tail.length - 8, BigInt(messageBytes) * 8n)
  return tail
}

/** SHA-256 that can be stopped and resumed between its chunks. */
class Chain extends _SHA256 {
  /** Goes on from a chaining value. */
  resume(value: Uint8Array): void {
    const view = new DataView(value.buffer, value.byteOffset, CHAINING_BYTES)
    const word = (at: number) => view.getInt32(4 * at)
    this.set(word(0), word(1), word(2), word(3), word(4), word(5), word(6), word(7))
  }

  /** Takes whole chunks. */
  absorb(chunks: Uint8Array): void {
    const view = new DataView(chunks.buffer, chunks.byteOffset, chunks.length)
    for (let at = 0; at < chunks.length; at += CHUNK_BYTES) this.process(view, at)
  }

  value(): Uint8Array {
    const value = new Uint8Array(CHAINING_BYTES)
    const view = new DataView(value.buffer)
    for (const [i, word] of this.get().entries()) view.setInt32(4 * i, word)
    return value
  }
}
