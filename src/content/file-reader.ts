import { ShoalError } from '../base/errors.ts'
import { BLOCK_SIZE, DIGEST_SIZE } from './cid.ts'
import { childrenOf, digestsOfFileNode, rootOf, type Subtree } from './file-node.ts'
import { digestsOfFullNode, isFullNode } from './full-node.ts'
import { blocksOfSize, type FileLayout } from './layout.ts'
import type { ManifestLimits } from './limits.ts'
import type { NodeStream } from './node-stream.ts'
import { decodeUnixfsNode, notInProfile } from './unixfs-node.ts'

/**
 * Reads the rest of a file's manifest, the root being there already.
 *
 * The file's size fixes the tree, so each node is encoded again from its digests and must come out the same, byte for
 * byte. That one comparison refuses wrong chunk sizes, sizes that do not add up, inline data, metadata and every
 * other way to write a tree that is not the profile's.
 *
 * @param root its hash is checked
 * @param sizeBytes what the root claims
 * @throws ShoalError as `readManifest`
 */
export async function readFileManifest(
  cid: string,
  root: Uint8Array,
  sizeBytes: number,
  stream: NodeStream,
  limits: ManifestLimits,
): Promise<FileLayout> {
  if (sizeBytes > limits.maxFileBytes) {
    throw new ShoalError(
      'TOO_LARGE',
      `The file has ${sizeBytes} bytes; at most ${limits.maxFileBytes} are taken.`,
    )
  }
  // A file of one block is that block itself; a node above it is another profile's way.
  if (sizeBytes <= BLOCK_SIZE) throw otherLayout()
  const digests: Uint8Array[] = []
  await readNode(rootOf(sizeBytes), root, { stream, digests })
  return { cid, sizeBytes, digests: joinDigests(digests, sizeBytes) }
}

interface Progress {
  readonly stream: NodeStream
  /** Digests of the blocks, one or many in a piece, collected as they are proved: memory grows with what was sent, not with what was claimed. */
  readonly digests: Uint8Array[]
}

async function readSubtree(subtree: Subtree, node: Uint8Array, progress: Progress): Promise<void> {
  // Nearly all nodes of a large file are alike but for the digests: for those there is a faster way, once it is prepared.
  const known = isFullNode(subtree) ? digestsOfFullNode(node) : undefined
  if (known) progress.digests.push(known)
  else await readNode(subtree, node, progress)
}

async function readNode(subtree: Subtree, node: Uint8Array, { stream, digests }: Progress): Promise<void> {
  const own = digestsOfFileNode(subtree, node)
  if (!own) {
    // Says what is wrong with it, when it is more than the layout.
    decodeUnixfsNode(node)
    throw otherLayout()
  }
  for (const [index, child] of childrenOf(subtree).entries()) {
    if (child.height === 0) digests.push(own[index]!)
    else await readSubtree(child, await stream.take(own[index]!), { stream, digests })
  }
}

/** It is a file, but not as Shoal makes it. */
export function otherLayout(): ShoalError {
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
