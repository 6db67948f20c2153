import { base32 } from 'multiformats/bases/base32'
import { bases } from 'multiformats/basics'
import { CID } from 'multiformats/cid'
import { ShoalError } from '../base/errors.ts'
import { DIGEST_SIZE } from './sizes.ts'

export { BLOCK_SIZE, DIGEST_SIZE } from './sizes.ts'

/**
 * Content ids. Shoal reads and makes one kind only: CIDv1 with sha2-256 over a raw block or a dag-pb node, as the
 * profile unixfs-v1-2025 (IPIP-0499, https://specs.ipfs.tech/ipips/ipip-0499/) gives them. Outside this module a CID is
 * its canonical text: lower-case base32.
 */

/** Most links of one manifest node of a file: the DAG width of unixfs-v1-2025. */
export const MAX_LINKS = 1024

/** Multicodec of a block of plain bytes. https://github.com/multiformats/multicodec/blob/master/table.csv */
export const RAW = 0x55

/** Multicodec of a dag-pb node. */
export const DAG_PB = 0x70

export type Codec = typeof RAW | typeof DAG_PB

const CID_VERSION = 1
const SHA2_256 = 0x12
const CID_BYTES = 4 + DIGEST_SIZE

/** Longer than any text form of such a CID: base 2 needs 289 characters. */
const MAX_TEXT = 300

/** Every multibase but `identity`, whose text form is arbitrary bytes. */
const DECODERS = new Map(
  Object.values(bases)
    .filter((base) => base.name !== 'identity')
    .map((base) => [base.prefix as string, base.decoder]),
)

/**
 * The canonical text of a CID given in any multibase.
 *
 * @throws ShoalError INVALID_CID when it is no CID, or one of another version, codec or hash
 */
export function parseCid(text: string): string {
  return cidFromBytes(decodeText(text))
}

/**
 * The canonical text of a binary CID.
 *
 * @throws ShoalError INVALID_CID, as {@link parseCid}
 */
export function cidFromBytes(bytes: Uint8Array): string {
  if (isSupported(bytes)) return base32.encode(bytes)
  throw new ShoalError('INVALID_CID', whyUnsupported(bytes))
}

/** The binary form (36 bytes) of a CID in any text form. @throws ShoalError INVALID_CID */
export function cidToBytes(cid: string): Uint8Array {
  const bytes = decodeText(cid)
  if (isSupported(bytes)) return bytes
  throw new ShoalError('INVALID_CID', whyUnsupported(bytes))
}

/** True when the CID names one raw block: a file of at most {@link BLOCK_SIZE} bytes. @throws ShoalError INVALID_CID */
export function isRawCid(cid: string): boolean {
  return cidToBytes(cid)[1] === RAW
}

/** The SHA-256 that a CID carries, 32 bytes. @throws ShoalError INVALID_CID */
export function digestOfCid(cid: string): Uint8Array {
  return cidToBytes(cid).subarray(4)
}

/** The canonical CID of a block with this SHA-256 (32 bytes). */
export function cidOfDigest(codec: Codec, digest: Uint8Array): string {
  const bytes = new Uint8Array(CID_BYTES)
  bytes.set([CID_VERSION, codec, SHA2_256, DIGEST_SIZE])
  bytes.set(digest, 4)
  return base32.encode(bytes)
}

/** Codec and digest of a CID object that stands in a link; undefined when it is of a kind that Shoal does not read. */
export function partsOfLink(cid: CID): { codec: Codec; digest: Uint8Array } | undefined {
  if (!isSupported(cid.bytes)) return undefined
  return { codec: cid.code as Codec, digest: cid.multihash.digest }
}

function isSupported(bytes: Uint8Array): boolean {
  return (
    bytes.length === CID_BYTES &&
    bytes[0] === CID_VERSION &&
    (bytes[1] === RAW || bytes[1] === DAG_PB) &&
    bytes[2] === SHA2_256 &&
    bytes[3] === DIGEST_SIZE
  )
}

function decodeText(text: string): Uint8Array {
  if (text.length > MAX_TEXT) throw new ShoalError('INVALID_CID', 'This is too long for a CID.')
  try {
    if (text.startsWith('Qm')) return CID.parse(text).bytes
    const decoder = DECODERS.get(String.fromCodePoint(text.codePointAt(0) ?? 0))
    if (decoder) return decoder.decode(text)
  } catch (cause) {
    throw new ShoalError('INVALID_CID', `${JSON.stringify(text)} is not a CID.`, { cause })
  }
  throw new ShoalError('INVALID_CID', `${JSON.stringify(text)} is not a CID.`)
}

function whyUnsupported(bytes: Uint8Array): string {
  let cid: CID
  try {
    cid = CID.decode(bytes)
  } catch {
    return 'These bytes are not a CID.'
  }
  if (cid.version === 0) return 'This is a CIDv0; Shoal reads CIDv1 in the profile unixfs-v1-2025 only.'
  if (cid.multihash.code !== SHA2_256 || cid.multihash.size !== DIGEST_SIZE) {
    return `This CID uses the hash 0x${cid.multihash.code.toString(16)}; Shoal reads sha2-256 only.`
  }
  return `This CID has the codec 0x${cid.code.toString(16)}; Shoal reads raw and dag-pb only.`
}
