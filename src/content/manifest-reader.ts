import { ShoalError } from '../base/errors.ts'
import { digestOfCid, isRawCid, parseCid } from './cid.ts'
import { claimedFileSize } from './file-node.ts'
import { otherLayout, readFileManifest } from './file-reader.ts'
import { type FolderEntry, readFolderManifest } from './folder-reader.ts'
import type { FileLayout } from './layout.ts'
import { DEFAULT_MANIFEST_LIMITS, type ManifestLimits } from './limits.ts'
import { NodeStream } from './node-stream.ts'
import { decodeUnixfsNode, notInProfile } from './unixfs-node.ts'

export type Manifest =
  | { readonly kind: 'file'; readonly layout: FileLayout }
  | { readonly kind: 'folder'; readonly cid: string; readonly entries: FolderEntry[] }

export interface ReadManifestOptions extends Partial<ManifestLimits> {
  /** Checked between nodes; the stream of nodes should end by itself when it aborts. */
  signal?: AbortSignal
}

/**
 * Reads the manifest of a file of several blocks, or of a folder, from a source that is not trusted. Each node is
 * checked against the CID that names it as it comes; nothing is believed before.
 *
 * @param nodes the dag-pb nodes, the root first, then depth first in link order; of a folder only folders' nodes
 * @throws ShoalError
 * - BAD_BLOCK: a node has the wrong hash (so also: comes in the wrong order). BAD_RESPONSE: nodes are missing or left over, or
 *   one is too long. Another source may do better.
 * - NOT_IMPLEMENTED: the CID names something that Shoal does not make (other chunk size, inline data, other codecs).
 *   TOO_LARGE: a limit is passed. No source can help.
 * - INVALID_CID; INVALID_ARGUMENT for a raw CID, which has no manifest.
 */
export async function readManifest(
  cid: string,
  nodes: AsyncIterable<Uint8Array>,
  options: ReadManifestOptions = {},
): Promise<Manifest> {
  const canonical = parseCid(cid)
  if (isRawCid(canonical)) throw new ShoalError('INVALID_ARGUMENT', 'A file of one block has no manifest.')
  const { signal, ...given } = options
  const limits: ManifestLimits = { ...DEFAULT_MANIFEST_LIMITS, ...given }
  await using stream = new NodeStream(nodes, limits, signal)
  const bytes = await stream.take(digestOfCid(canonical))
  const sizeBytes = claimedFileSize(bytes)
  if (sizeBytes !== undefined) {
    const layout = await readFileManifest(canonical, bytes, sizeBytes, stream, limits)
    await stream.end()
    return { kind: 'file', layout }
  }
  const node = decodeUnixfsNode(bytes)
  switch (node.unixfs.type) {
    case 'file':
      throw otherLayout()
    case 'directory':
    case 'hamt-sharded-directory': {
      const entries = await readFolderManifest(node, stream, limits)
      await stream.end()
      return { kind: 'folder', cid: canonical, entries }
    }
    default:
      throw notInProfile(`This CID names a UnixFS ${node.unixfs.type}.`)
  }
}
