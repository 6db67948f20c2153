import { ShoalError } from '../base/errors.ts'
import { BLOCK_SIZE, DIGEST_SIZE } from './cid.ts'
import { childrenOf, codecOf, encodeFileNode, rootOf, type Subtree } from './file-node.ts'
import { digestsOfFullNode, isFullNode } from './full-node.ts'
import { blocksOfSize, type FileLayout } from './layout.ts'
import type { ManifestLimits } from './limits.ts'
import type { NodeStream } from './node-stream.ts'
import { decodeUnixfsNode, type NodeLink, notInProfile, type UnixfsNode } from './unixfs-node.ts'
import { sameBytes } from './verify.ts'

/** A node of a file, as it came and as it was understood. Its hash is checked. */
export interface FileNode {
  readonly bytes: Uint8Array
  readonly node: UnixfsNode
}

/**
 * Reads the rest of a file's manifest, the root being there already.
 *
 * The file's size fixes the tree, so each node is encoded again from its digests and must come out the same, byte for
 * byte. That one comparison refuses wrong chunk sizes, sizes that do not add up, inline data, metadata and every
 * other way to write a tree that is not the profile's.
 *
 * @throws ShoalError as `readManifest`
 */
export async function readFileManifest(
  cid: string,
  root: FileNode,
  stream: NodeStream,
  limits: ManifestLimits,
): Promise<FileLayout> {
  const size = root.node.unixfs.fileSize()
  if (size > BigInt(limits.maxFileBytes)) {
    throw new ShoalError('TOO_LARGE', `The file has ${size} bytes; at most ${limits.maxFileBytes} are taken.`)
  }
  const sizeBytes = Number(size)
  // A file of one block is that block itself; a node above it is another profile's way.
  if (sizeBytes <= BLOCK_SIZE) throw otherLayout()
  const digests: Uint8Array[] = []
  await readSubtree(rootOf(sizeBytes), root, { stream, digests })
  return { cid, sizeBytes, digests: joinDigests(digests, sizeBytes) }
}

interface Progress {
  readonly stream: NodeStream
  /** Digests of the blocks, one or many in a piece, collected as they are proved: memory grows with what was sent, not with what was claimed. */
  readonly digests: Uint8Array[]
}

async function readSubtree(subtree: Subtree, { bytes, node }: FileNode, progress: Progress): Promise<void> {
  const children = childrenOf(subtree)
  if (!isInProfile(subtree, children, bytes, node.links)) throw otherLayout()
  for (const [index, child] of children.entries()) {
    const { digest } = node.links[index]!
    if (child.height === 0) {
      progress.digests.push(digest)
    } else {
      const next = await progress.stream.take(digest)
      // Nearly all nodes of a large file are alike but for the digests, and need not be decoded: it would be 10 s for a file of 1 TiB.
      const known = isFullNode(child) ? digestsOfFullNode(next) : undefined
      if (known) progress.digests.push(known)
      else await readSubtree(child, { bytes: next, node: decodeUnixfsNode(next) }, progress)
    }
  }
}

function isInProfile(
  subtree: Subtree,
  children: readonly Subtree[],
  bytes: Uint8Array,
  links: readonly NodeLink[],
): boolean {
  if (links.length !== children.length) return false
  if (links.some((link, index) => link.codec !== codecOf(children[index]!))) return false
  const expected = encodeFileNode(
    subtree,
    links.map((link) => link.digest),
  )
  return sameBytes(bytes, expected)
}

function otherLayout(): ShoalError {
  return notInProfile('This file is cut into blocks in another way.')
}

function joinDigests(digests: readonly Uint8Array[], sizeBytes: number): Uint8Array {
  const joined = new Uint8Array(blocksOfSize(sizeBytes) * DIGEST_SIZE)
  let at = 0
  for (const piece of digests) {
    joined.set(piece, at)
    at += piece.length
  }
  return joined
}
