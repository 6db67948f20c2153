import { hash } from 'node:crypto'

/**
 * Bloom filters over a catalogue's keys: bits of a power of two, so that one can be folded to half its size, and 8 hash functions by double
 * hashing. Bloom, "Space/time trade-offs in hash coding with allowable errors" (1970); Kirsch and Mitzenmacher, "Less hashing, same
 * performance" (2006).
 */

export const MIN_LOG2_BITS = 9
export const MAX_LOG2_BITS = 19
const HASHES = 8
const MIN_BITS_PER_KEY = 16

/** The first 64 bits of a key's SHA-256. */
export interface KeyHash {
  readonly first: number
  readonly step: number
}

/** The hash of a key's text (UTF-8). */
export function keyHash(key: string): KeyHash {
  const digest = hash('sha256', key, 'buffer')
  return { first: digest.readUInt32BE(0), step: digest.readUInt32BE(4) | 1 }
}

/** log2 of the bits for so many keys: 16 to 32 a key, within the contract's bounds. */
export function log2BitsFor(keys: number): number {
  const wanted = Math.ceil(Math.log2(Math.max(1, keys * MIN_BITS_PER_KEY)))
  return Math.min(Math.max(wanted, MIN_LOG2_BITS), MAX_LOG2_BITS)
}

/** A filter of 2^log2Bits bits that has all of `keys`. */
export function makeFilter(keys: Iterable<KeyHash>, log2Bits: number): Uint8Array {
  const bits = new Uint8Array(2 ** log2Bits / 8)
  const mask = 2 ** log2Bits - 1
  for (const { first, step } of keys) {
    for (let i = 0; i < HASHES; i++) {
      const at = (first + Math.imul(i, step)) & mask
      bits[at >>> 3]! |= 1 << (at & 7)
    }
  }
  return bits
}

/** Whether a filter has the key; now and then true although it was never added, never the other way round. */
export function hasKey(bits: Uint8Array, { first, step }: KeyHash): boolean {
  const mask = bits.length * 8 - 1
  for (let i = 0; i < HASHES; i++) {
    const at = (first + Math.imul(i, step)) & mask
    if ((bits[at >>> 3]! & (1 << (at & 7))) === 0) return false
  }
  return true
}

/** The same filter in at most 2^log2Bits bits, its parts laid on top of each other; `bits` itself when it is no larger. */
export function foldFilter(bits: Uint8Array, log2Bits: number): Uint8Array {
  const size = 2 ** log2Bits / 8
  if (bits.length <= size) return bits
  const folded = bits.slice(0, size)
  for (let at = size; at < bits.length; at++) folded[at & (size - 1)]! |= bits[at]!
  return folded
}

/** Numbers of the bits in which two filters of one size differ, each as the distance from the one before. */
export function filterFlips(from: Uint8Array, to: Uint8Array): number[] {
  const flips: number[] = []
  let last = 0
  for (let byte = 0; byte < to.length; byte++) {
    let changed = from[byte]! ^ to[byte]!
    for (let bit = 0; changed !== 0; bit++, changed >>>= 1) {
      if ((changed & 1) === 0) continue
      flips.push(byte * 8 + bit - last)
      last = byte * 8 + bit
    }
  }
  return flips
}

/** The filter with {@link filterFlips} applied; undefined when they do not fit it. */
export function applyFlips(from: Uint8Array, flips: readonly number[]): Uint8Array | undefined {
  const to = from.slice()
  let at = 0
  for (const distance of flips) {
    at += distance
    if (at >= to.length * 8) return undefined
    to[at >>> 3]! ^= 1 << (at & 7)
  }
  return to
}
