import { createPublicKey, type KeyObject, verify as verifySignature } from 'node:crypto'
import { base58btc } from 'multiformats/bases/base58'
import { ShoalError } from '../base/errors.ts'

/**
 * Identity multihash (code 0x00, 36 bytes) of the protobuf `PublicKey { Type = Ed25519 (1), Data = 32
 * bytes }`. https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md
 */
const PREFIX = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)
const KEY_BYTES = 32
/**
 * Base58 of 38 bytes whose first is zero is never longer; longer text is refused before it is decoded
 * (quadratic).
 */
const MAX_TEXT_LENGTH = 64

/**
 * The PeerId (text, base58btc) of a raw 32-byte Ed25519 public key. Throws INVALID_ARGUMENT for another
 * length.
 */
export function peerIdFromPublicKey(rawEd25519: Uint8Array): string {
  if (rawEd25519.length !== KEY_BYTES)
    throw new ShoalError(
      'INVALID_ARGUMENT',
      `An Ed25519 public key has 32 bytes, this has ${rawEd25519.length}.`,
    )
  const bytes = new Uint8Array(PREFIX.length + KEY_BYTES)
  bytes.set(PREFIX)
  bytes.set(rawEd25519, PREFIX.length)
  return base58btc.baseEncode(bytes)
}

/**
 * The raw Ed25519 public key inside a PeerId. Throws INVALID_ARGUMENT for anything but the canonical text
 * of an Ed25519 PeerId: there is one spelling for each peer, so texts can be compared.
 */
export function publicKeyFromPeerId(peerId: string): Uint8Array {
  const key = decode(peerId)
  if (!key)
    throw new ShoalError('INVALID_ARGUMENT', `This is not the PeerId of an Ed25519 key: ${shown(peerId)}`)
  return key
}

/** True for the canonical text of an Ed25519 PeerId. */
export function isPeerId(text: unknown): text is string {
  return decode(text) !== undefined
}

/** Checks an Ed25519 signature against the key in `peerId`. False also when `peerId` is none. */
export function verify(peerId: string, bytes: Uint8Array, signature: Uint8Array): boolean {
  const key = decode(peerId)
  if (!key || signature.length !== 64) return false
  try {
    return verifySignature(null, bytes, publicKeyObject(key), signature)
  } catch {
    return false
  }
}

/** The 32 raw bytes of an Ed25519 public key object. Throws INVALID_ARGUMENT for a key of another type. */
export function rawPublicKey(key: KeyObject): Uint8Array {
  if (key.asymmetricKeyType !== 'ed25519')
    throw new ShoalError('INVALID_ARGUMENT', `An Ed25519 key is needed, not ${key.asymmetricKeyType}.`)
  return Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url')
}

function publicKeyObject(raw: Uint8Array): KeyObject {
  const x = Buffer.from(raw).toString('base64url')
  return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } })
}

function decode(text: unknown): Uint8Array | undefined {
  if (typeof text !== 'string' || text.length > MAX_TEXT_LENGTH) return undefined
  let bytes: Uint8Array
  try {
    bytes = base58btc.baseDecode(text)
  } catch {
    return undefined
  }
  if (bytes.length !== PREFIX.length + KEY_BYTES) return undefined
  if (!PREFIX.every((byte, i) => bytes[i] === byte)) return undefined
  // Some decoders pass over characters; only text that comes out the same is canonical.
  if (base58btc.baseEncode(bytes) !== text) return undefined
  return bytes.subarray(PREFIX.length)
}

function shown(text: unknown): string {
  return JSON.stringify(String(text).slice(0, MAX_TEXT_LENGTH))
}
