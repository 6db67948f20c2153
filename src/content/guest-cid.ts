import { base32 } from 'multiformats/bases/base32'
import { CID } from 'multiformats/cid'
import { ShoalError } from '../base/errors.ts'
import { cidOfDigest, cidToBytes, parseCid, RAW } from './cid.ts'

/**
 * CIDs of files that clients of other systems hold, made of what those say: CIDv1, raw, with the SHA-256 or MD5 of the whole file, or, where only a
 * name is known, with that as an identity multihash. The latter two name no content that Shoal could verify: they are good for finding the file
 * in the guest book again, and nowhere else.
 *
 * Codes: https://github.com/multiformats/multicodec/blob/master/table.csv
 */
const MD5 = 0xd5
const IDENTITY = 0x00
const MD5_BYTES = 16
/** Longest text in such a CID, bytes; also what others take for an identity multihash at most. */
const MAX_IDENTITY_BYTES = 128

/** What is known of such a file. */
export interface GuestFacts {
  /** Hex. */
  readonly sha256?: string | undefined
  /** Hex. */
  readonly md5?: string | undefined
  /** Says which file it is when no hash is known; cut at 128 bytes. */
  readonly text: string
}

/** The CID of such a file. */
export function guestCid({ sha256, md5, text }: GuestFacts): string {
  if (sha256 !== undefined) return cidOfDigest(RAW, Buffer.from(sha256, 'hex'))
  if (md5 !== undefined) return rawCid(MD5, Buffer.from(md5, 'hex'))
  const bytes = new TextEncoder().encode(text)
  return rawCid(IDENTITY, bytes.subarray(0, MAX_IDENTITY_BYTES))
}

/** A CIDv1 of plain bytes; all these numbers but the code of MD5 and a length of 128 are varints of one byte. */
function rawCid(hash: number, digest: Uint8Array): string {
  return base32.encode(Uint8Array.from([1, RAW, ...varint(hash), ...varint(digest.length), ...digest]))
}

const varint = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, value >> 7])

/** Which of them a CID in its canonical text is: one with a SHA-256 is like any other of Shoal's. */
export function guestCidKind(cid: string): 'sha256' | 'md5' | 'name' {
  const guest = parseGuestCid(cid)
  if (guest === undefined) return 'sha256'
  return base32.decode(guest)[2] === IDENTITY ? 'name' : 'md5'
}

/**
 * The canonical text of a CID of a guest's file that is none of Shoal's; undefined for all other text, whatever it is.
 */
export function parseGuestCid(text: string): string | undefined {
  if (text.length > 300 || !/^[bB]/.test(text)) return undefined
  try {
    const { version, code, multihash, bytes } = CID.parse(text.toLowerCase())
    if (version !== 1 || code !== RAW) return undefined
    const isMd5 = multihash.code === MD5 && multihash.size === MD5_BYTES
    const isName = multihash.code === IDENTITY && multihash.size > 0 && multihash.size <= MAX_IDENTITY_BYTES
    return isMd5 || isName ? base32.encode(bytes) : undefined
  } catch {
    return undefined
  }
}

/** The binary form of a CID, those of guests too. @throws ShoalError INVALID_CID */
export function anyCidToBytes(cid: string): Uint8Array {
  try {
    return cidToBytes(cid)
  } catch (error) {
    const guest = parseGuestCid(cid)
    if (guest !== undefined) return base32.decode(guest)
    throw error
  }
}

/** What is said of such a CID where no client holds the file: that it is none of Shoal's. */
export function refuseGuestCid(cid: string): ShoalError {
  try {
    parseCid(cid)
  } catch (error) {
    if (error instanceof ShoalError) return error
  }
  return new ShoalError('INVALID_CID')
}
