import { cidToBytes } from './cid.ts'

/**
 * Writing CARv1: a header that names the root, then each block behind its CID, each part behind its length.
 * https://ipld.io/specs/transport/car/carv1/
 *
 * Not through @ipld/car: its writer hands over to a reader that has to run beside it, where a list of bytes is all that is needed; the
 * header, DAG-CBOR in general, is a constant around one CID.
 */

/** `{ "roots": [CID], "version": 1 }` in DAG-CBOR, around the byte string of the CID. */
const BEFORE_ROOT = Buffer.from([0xa2, 0x65, ...Buffer.from('roots'), 0x81, 0xd8, 0x2a])
const BEHIND_ROOT = Buffer.from([0x67, ...Buffer.from('version'), 0x01])

/** The header, with its length. @param root the binary CID, less than 255 bytes */
export function carHeader(root: Uint8Array): Uint8Array {
  // DAG-CBOR puts a zero byte before a CID: the multibase prefix of binary.
  const length = root.length + 1
  const head = length < 24 ? [0x40 + length] : [0x58, length]
  const header = Buffer.concat([BEFORE_ROOT, Buffer.from([...head, 0]), root, BEHIND_ROOT])
  return Buffer.concat([varint(header.length), header])
}

/** What goes before the bytes of a block: the length of CID and bytes together, and the CID. */
export function carBlockHead(cid: string, sizeBytes: number): Uint8Array {
  const binary = cidToBytes(cid)
  return Buffer.concat([varint(binary.length + sizeBytes), binary])
}

/** Unsigned LEB128. */
function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  bytes.push(rest)
  return Uint8Array.from(bytes)
}
