import { createHmac, timingSafeEqual } from 'node:crypto'
import { type Random, systemRandom } from '../base/random.ts'
import type { NetworkKey } from './network-key.ts'

/**
 * What whoever dials a member of a private network says before TLS: 16 random bytes and their HMAC-SHA256 under the network's key. To
 * others it is noise. It opens the door, no more: who comes in is proved inside TLS, by a certificate that tells nothing to those who
 * replay a knock they have seen (private-certificate.ts).
 */
export const KNOCK_BYTES = 48
const NONCE_BYTES = 16

/** A new knock. */
export function makeKnock(key: NetworkKey, random: Random = systemRandom): Uint8Array {
  let nonce = random.bytes(NONCE_BYTES)
  while (looksLikeRecord(nonce)) nonce = random.bytes(NONCE_BYTES)
  return Buffer.concat([nonce, proof(key, nonce)])
}

/**
 * Whether OpenSSL would take it for the head of a long record and wait for the rest: of TLS (version 3.x in the second byte), or SSL 2 (length
 * with the highest bit, then 1 for a ClientHello). A server of another network would not hang up, and nobody know why there is no answer.
 */
function looksLikeRecord(nonce: Uint8Array): boolean {
  return nonce[1] === 3 || (nonce[0]! >= 0x80 && nonce[2] === 1)
}

/** Whether these are {@link KNOCK_BYTES} bytes that somebody made who has the key. */
export function isKnock(key: NetworkKey, bytes: Uint8Array): boolean {
  if (bytes.length !== KNOCK_BYTES) return false
  return timingSafeEqual(bytes.subarray(NONCE_BYTES), proof(key, bytes.subarray(0, NONCE_BYTES)))
}

function proof(key: NetworkKey, nonce: Uint8Array): Buffer {
  return createHmac('sha256', key.derive('knock')).update(nonce).digest()
}
