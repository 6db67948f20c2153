import { createHash } from 'node:crypto'
import { base58btc } from 'multiformats/bases/base58'
import { ShoalError } from '../base/errors.ts'
import { KIB } from '../base/units.ts'

/** Longest key, bytes of UTF-8: a path or a URL fits, and 500 offered heads stay well below a message. */
export const MAX_KEY_BYTES = 256
/** Largest value, bytes. Larger things are files: share them, and put their CID here. */
export const MAX_VALUE_BYTES = 64 * KIB

/**
 * A key as it was given.
 *
 * @throws ShoalError INVALID_ARGUMENT: empty, too long, control characters (C0, DEL, C1), or no Unicode text
 */
export function checkKey(key: string): string {
  if (key === '') throw bad('must have at least 1 character.')
  if (!key.isWellFormed()) throw bad('is no Unicode text.')
  if (/\p{Cc}/u.test(key)) throw bad('must have no control characters.')
  if (keyBytes(key).length > MAX_KEY_BYTES) throw bad(`must have at most ${MAX_KEY_BYTES} bytes of UTF-8.`)
  return key
}

/** Checks a value's size. @throws ShoalError TOO_LARGE */
export function checkValue(value: Uint8Array): Uint8Array {
  if (value.length <= MAX_VALUE_BYTES) return value
  throw new ShoalError(
    'TOO_LARGE',
    `A value has at most ${MAX_VALUE_BYTES} bytes, this has ${value.length}. Share it as a file and put its CID.`,
  )
}

/** The bytes by which a key is found. */
export const keyBytes = (key: string): Uint8Array => Buffer.from(key, 'utf8')

/**
 * How far a peer is from a key, 32 bytes, the most telling first: SHA-256 of the key's bytes XOR SHA-256 of the PeerId's
 * multihash, as in the Kademlia DHT of libp2p (https://github.com/libp2p/specs/blob/master/kad-dht/README.md#distance).
 */
export function distance(key: string, peerId: string): Uint8Array {
  const [a, b] = [sha256(keyBytes(key)), sha256(base58btc.baseDecode(peerId))]
  return a.map((byte, i) => byte ^ b[i]!)
}

/** SHA-256, 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest())
}

const bad = (how: string) => new ShoalError('INVALID_ARGUMENT', `The key ${how}`)
