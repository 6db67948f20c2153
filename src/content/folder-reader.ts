import { ShoalError } from '../base/errors.ts'
import { cidOfDigest, RAW } from './cid.ts'
import type { ManifestLimits } from './limits.ts'
import { isEntryName } from './names.ts'
import type { NodeStream } from './node-stream.ts'
import { MAX_SHARD_DEPTH, nameBehindSlot, prefixLength } from './shard.ts'
import { decodeUnixfsNode, type NodeLink, notInProfile, type UnixfsNode } from './unixfs-node.ts'

/** A file, or an empty folder, somewhere below a folder. */
export interface FolderEntry {
  /** Path below the folder, `/` between the parts, the name last. Not yet made safe for a disk. */
  readonly path: string
  readonly name: string
  /** Canonical text of its CID. */
  readonly cid: string
  /** Bytes of it and of its nodes as the folder claims them: the file's size if it is one block, a little more otherwise. */
  readonly totalBytes: number
  readonly kind: 'file' | 'folder'
}

/** A folder's node, or one node of its trie, with the links that are still to be read. */
interface Frame {
  readonly links: readonly NodeLink[]
  readonly prefixLength: number
  /** 0 for a folder's first node. */
  readonly shardDepth: number
  readonly folder: Folder
  next: number
}

interface Folder {
  /** '' for the root, otherwise ending in '/'. */
  readonly prefix: string
  /** Names met so far, in all nodes of the trie. */
  readonly names: Set<string>
}

/**
 * Reads the rest of a folder's manifest, the root being there already.
 *
 * A link to a dag-pb node may mean a file or a folder; only folders' nodes are sent. So a link is a folder exactly
 * when its node is the next one. A source that keeps back a folder's nodes makes it look like a file, whose own
 * manifest then shows what it is.
 *
 * @throws ShoalError as `readManifest`
 */
export async function readFolderManifest(
  root: UnixfsNode,
  stream: NodeStream,
  limits: ManifestLimits,
): Promise<FolderEntry[]> {
  const collector = new EntryCollector(limits)
  // A stack of our own: depth is what the sender says, and must not be depth of calls.
  const stack: Frame[] = [frameOf(root, { prefix: '', names: new Set() }, 0)]
  for (let frame = stack.at(-1); frame; frame = stack.at(-1)) {
    const link = frame.links[frame.next++]
    if (!link) {
      stack.pop()
      continue
    }
    const name = nameBehindSlot(link.name, frame.prefixLength)
    if (frame.prefixLength > 0 && name === '') {
      stack.push(await readShard(link, frame, stream))
      continue
    }
    const path = collector.claim(frame.folder, name)
    const bytes = link.codec === RAW ? undefined : await stream.takeIf(link.digest)
    if (!bytes) {
      collector.add(path, name, link, 'file')
      continue
    }
    const node = decodeUnixfsNode(bytes)
    if (!node.unixfs.isDirectory()) {
      throw new ShoalError('BAD_RESPONSE', "A folder's manifest came with the node of a file.")
    }
    if (node.links.length === 0) collector.add(path, name, link, 'folder')
    else stack.push(frameOf(node, { prefix: `${path}/`, names: new Set() }, 0))
  }
  return collector.entries
}

function frameOf(node: UnixfsNode, folder: Folder, shardDepth: number): Frame {
  return { links: node.links, prefixLength: prefixLength(node.unixfs), shardDepth, folder, next: 0 }
}

async function readShard(link: NodeLink, parent: Frame, stream: NodeStream): Promise<Frame> {
  const depth = parent.shardDepth + 1
  if (depth >= MAX_SHARD_DEPTH) throw notInProfile('A folder of this CID is nested too deep.')
  const node = decodeUnixfsNode(await stream.take(link.digest))
  if (node.unixfs.type !== 'hamt-sharded-directory') throw notInProfile('A shard of this folder is no shard.')
  return frameOf(node, parent.folder, depth)
}

/** The entries found so far, within the limits. */
class EntryCollector {
  readonly entries: FolderEntry[] = []
  readonly #limits: ManifestLimits
  #claimed = 0
  #pathBytes = 0

  constructor(limits: ManifestLimits) {
    this.#limits = limits
  }

  /** The path of a name that was not used in its folder before. @throws ShoalError NOT_IMPLEMENTED, TOO_LARGE */
  claim(folder: Folder, name: string): string {
    if (!isEntryName(name)) throw notInProfile(`This folder has an entry named ${JSON.stringify(name)}.`)
    if (folder.names.has(name))
      throw notInProfile(`This folder has two entries named ${JSON.stringify(name)}.`)
    folder.names.add(name)
    const path = folder.prefix + name
    const pathBytes = Buffer.byteLength(path)
    this.#pathBytes += pathBytes
    const { maxPathBytes, maxManifestBytes, maxEntries } = this.#limits
    if (pathBytes > maxPathBytes) throw tooLarge(`a path of ${pathBytes} bytes`)
    if (this.#pathBytes > maxManifestBytes) throw tooLarge(`more than ${maxManifestBytes} bytes of paths`)
    if (++this.#claimed > maxEntries) throw tooLarge(`more than ${maxEntries} entries`)
    return path
  }

  add(path: string, name: string, { codec, digest, totalBytes }: NodeLink, kind: FolderEntry['kind']): void {
    this.entries.push({ path, name, cid: cidOfDigest(codec, digest), totalBytes, kind })
  }
}

function tooLarge(what: string): ShoalError {
  return new ShoalError('TOO_LARGE', `The folder has ${what}.`)
}
