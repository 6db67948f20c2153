import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'
import { BLOCK_SIZE, type Codec, DAG_PB, DIGEST_SIZE, MAX_LINKS, RAW } from './cid.ts'
import { blocksOfSize } from './layout.ts'
import { sameBytes } from './verify.ts'

/**
 * The nodes of a file's manifest. In unixfs-v1-2025 the tree is balanced: blocks in groups of 1024, those groups in groups
 * of 1024, and so on to one root. So the shape of the whole tree, and every byte of every node but the digests in
 * it, follow from the file's size alone.
 *
 * Layout: https://specs.ipfs.tech/unixfs/ ; width and chunk size: https://specs.ipfs.tech/ipips/ipip-0499/
 */

/** A part of a file's tree. Height 0 is a block, height 1 a node that links blocks, height 2 a node that links those. */
export interface Subtree {
  readonly height: number
  /** Bytes of the file below it. */
  readonly sizeBytes: number
}

const SHA2_256 = 0x12

/** The whole tree of a file of more than one block. */
export function rootOf(sizeBytes: number): Subtree {
  const blocks = blocksOfSize(sizeBytes)
  let height = 1
  for (let reach = MAX_LINKS; reach < blocks; reach *= MAX_LINKS) height++
  return { height, sizeBytes }
}

/** What the node at the top of `subtree` links to, in file order. */
export function childrenOf(subtree: Subtree): Subtree[] {
  const height = subtree.height - 1
  const fullBytes = BLOCK_SIZE * MAX_LINKS ** height
  const children: Subtree[] = []
  for (let rest = subtree.sizeBytes; rest > 0; rest -= fullBytes) {
    children.push({ height, sizeBytes: Math.min(rest, fullBytes) })
  }
  return children
}

/** The codec of the CID that names a subtree. */
export function codecOf({ height }: Subtree): Codec {
  return height === 0 ? RAW : DAG_PB
}

/**
 * Encodes the one node at the top of `subtree`, byte for byte as the profile has it.
 *
 * @param digests the digests of its children, in order
 */
export function encodeFileNode(subtree: Subtree, digests: readonly Uint8Array[]): Uint8Array {
  const children = childrenOf(subtree)
  // All children but the last are full, so their links differ in nothing but the digest: one is encoded, and the others are copies of it.
  const last = children.length - 1
  const full = encodeLink(children[0]!)
  const end = last === 0 ? full : encodeLink(children[last]!)
  const writer = new BinaryWriter().tag(NODE_DATA, WireType.LengthDelimited)
  const data = writer.bytes(encodeFileData(subtree, children)).finish()
  const node = new Uint8Array(last * full.length + end.length + data.length)
  for (const [index, digest] of digests.entries()) {
    const at = index * full.length
    node.set(index < last ? full : end, at)
    node.set(digest, at + DIGEST_AT)
  }
  node.set(data, node.length - data.length)
  return node
}

/** The digests, in order, for which {@link encodeFileNode} gives exactly these bytes; undefined when there are none. Views, not copies. */
export function digestsOfFileNode(subtree: Subtree, bytes: Uint8Array): Uint8Array[] | undefined {
  const children = childrenOf(subtree)
  const stride = encodeLink(children[0]!).length
  const digests = children.map((_, index) => {
    const at = index * stride + DIGEST_AT
    return bytes.subarray(at, at + DIGEST_SIZE)
  })
  return sameBytes(bytes, encodeFileNode(subtree, digests)) ? digests : undefined
}

/**
 * The bytes that a node says its file has; undefined when it is no file's node, or not written as {@link encodeFileNode} does. Nothing is proved by
 * it. The libraries for dag-pb and UnixFS would take 60 ms for the first node of 1024 links, while a download waits.
 */
export function claimedFileSize(node: Uint8Array): number | undefined {
  try {
    const reader = new BinaryReader(node)
    while (reader.pos < reader.len) {
      const [field, wire] = reader.tag()
      if (field === NODE_DATA && wire === WireType.LengthDelimited) return claimedInData(reader.bytes())
      reader.skip(wire, field)
    }
  } catch {
    // No protobuf message at all.
  }
  return undefined
}

function claimedInData(data: Uint8Array): number | undefined {
  const reader = new BinaryReader(data)
  if (reader.tag()[0] !== TYPE || reader.uint32() !== FILE) return undefined
  const [field, wire] = reader.tag()
  if (field !== FILE_SIZE || wire !== WireType.Varint) return undefined
  const sizeBytes = Number(reader.uint64())
  return sizeBytes > 0 ? sizeBytes : undefined
}

/** Numbers of the dag-pb messages PBNode and PBLink, whose links come first: https://ipld.io/specs/codecs/dag-pb/spec/ */
const NODE_DATA = 1
const NODE_LINK = 2
const LINK_HASH = 1
const LINK_NAME = 2
const LINK_TSIZE = 3

/** Where in a link's field the digest is: behind its tag and length, the tag and length of the CID, and the CID's first four bytes. */
const DIGEST_AT = 8

/** A node's field with the link to a child, and zeros for the child's digest. */
function encodeLink(child: Subtree): Uint8Array {
  const cid = CID.createV1(codecOf(child), createDigest(SHA2_256, NO_DIGEST))
  const link = new BinaryWriter()
  link.tag(LINK_HASH, WireType.LengthDelimited).bytes(cid.bytes)
  link.tag(LINK_NAME, WireType.LengthDelimited).string('')
  link.tag(LINK_TSIZE, WireType.Varint).uint64(totalBytesOf(child))
  return new BinaryWriter().tag(NODE_LINK, WireType.LengthDelimited).bytes(link.finish()).finish()
}

/** Numbers of the UnixFS message `Data`: https://specs.ipfs.tech/unixfs/#data-schema */
const TYPE = 1
const FILE = 2
const FILE_SIZE = 3
const BLOCK_SIZES = 4

/**
 * The UnixFS message of a file's node. Not through ipfs-unixfs 13: its encoder (protons-runtime 7.1.2) writes sizes from 2 GiB up to 4 GiB
 * wrong, with whatever was in memory before, as it takes their low word for a negative number.
 */
function encodeFileData(subtree: Subtree, children: readonly Subtree[]): Uint8Array {
  const writer = new BinaryWriter()
  writer.tag(TYPE, WireType.Varint).uint32(FILE)
  writer.tag(FILE_SIZE, WireType.Varint).uint64(subtree.sizeBytes)
  const sizeField = ({ sizeBytes }: Subtree) =>
    new BinaryWriter().tag(BLOCK_SIZES, WireType.Varint).uint64(sizeBytes).finish()
  const full = sizeField(children[0]!)
  for (let left = children.length - 1; left > 0; left--) writer.raw(full)
  return writer.raw(sizeField(children.at(-1)!)).finish()
}

const NO_DIGEST = new Uint8Array(DIGEST_SIZE)

/** Bytes of a subtree's blocks and of all its nodes: the `Tsize` of a link to it. */
export function totalBytesOf(subtree: Subtree): number {
  if (subtree.height === 0) return subtree.sizeBytes
  const children = childrenOf(subtree)
  const node = encodeFileNode(subtree, new Array(children.length).fill(NO_DIGEST))
  // All children but the last are full and alike.
  const full = (children.length - 1) * totalBytesOf(children[0]!)
  return node.length + full + totalBytesOf(children.at(-1)!)
}
