import { ShoalError } from '../base/errors.ts'
import { cidOfDigest, DAG_PB, DIGEST_SIZE, RAW } from './cid.ts'
import { childrenOf, encodeFileNode, rootOf, type Subtree, totalBytesOf } from './file-node.ts'
import { fullNode, isFullNode } from './full-node.ts'
import { blocksOfSize } from './layout.ts'
import { DEFAULT_MANIFEST_LIMITS } from './limits.ts'
import { sha256 } from './verify.ts'

export type { FolderEntry } from './folder-reader.ts'
export * from './layout.ts'
export { DEFAULT_MANIFEST_LIMITS, type ManifestLimits } from './limits.ts'
export { type Manifest, type ReadManifestOptions, readManifest } from './manifest-reader.ts'

export interface BuiltManifest {
  /** Canonical text of the file's CID. */
  readonly cid: string
  /** The dag-pb nodes, the root first, then depth first in link order. None for a file of one block. */
  readonly nodes: Uint8Array[]
  /** Bytes of the file and all its nodes: the `Tsize` of a link to it. */
  readonly totalBytes: number
}

/**
 * The manifest of a file from the digests of its blocks; the same CID that an importer gives in the profile
 * unixfs-v1-2025.
 *
 * @param digests SHA-256 of each block of 1 MiB (the last one may be shorter), 32 bytes each; one digest for an empty file
 * @throws ShoalError TOO_LARGE for a file of more than 1 TiB
 * @throws RangeError when the number of digests does not fit the size
 */
export function buildManifest(digests: Uint8Array, sizeBytes: number): BuiltManifest {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0)
    throw new RangeError(`${sizeBytes} is not a file size`)
  const { maxFileBytes } = DEFAULT_MANIFEST_LIMITS
  if (sizeBytes > maxFileBytes) {
    throw new ShoalError(
      'TOO_LARGE',
      `A file may have at most ${maxFileBytes} bytes; this one has ${sizeBytes}.`,
    )
  }
  const blocks = blocksOfSize(sizeBytes)
  if (digests.length !== blocks * DIGEST_SIZE) {
    throw new RangeError(`${digests.length} bytes of digests do not fit ${blocks} blocks`)
  }
  if (blocks === 1) return { cid: cidOfDigest(RAW, digests), nodes: [], totalBytes: sizeBytes }
  const nodes: Uint8Array[] = []
  const root = rootOf(sizeBytes)
  const digest = buildSubtree(root, digests, nodes)
  return { cid: cidOfDigest(DAG_PB, digest), nodes, totalBytes: totalBytesOf(root) }
}

/** @throws ShoalError TOO_LARGE for a file of more than 1 TiB, whose manifest nobody would read; RangeError for no size at all */
export function checkFileSize(sizeBytes: number): void {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0)
    throw new RangeError(`${sizeBytes} is not a file size`)
  const { maxFileBytes } = DEFAULT_MANIFEST_LIMITS
  if (sizeBytes <= maxFileBytes) return
  throw new ShoalError(
    'TOO_LARGE',
    `A file may have at most ${maxFileBytes} bytes; this one has ${sizeBytes}.`,
  )
}

/** Adds the nodes of `subtree` to `nodes`, its own first, and gives its digest. */
function buildSubtree(subtree: Subtree, digests: Uint8Array, nodes: Uint8Array[]): Uint8Array {
  if (subtree.height === 0) return digests
  const place = nodes.push(new Uint8Array()) - 1
  const isFull = isFullNode(subtree)
  let at = 0
  const childDigests = (isFull ? [] : childrenOf(subtree)).map((child) => {
    const length = blocksOfSize(child.sizeBytes) * DIGEST_SIZE
    at += length
    return buildSubtree(child, digests.subarray(at - length, at), nodes)
  })
  nodes[place] = isFull ? fullNode(digests) : encodeFileNode(subtree, childDigests)
  return sha256(nodes[place])
}
