import { murmur3128 } from '@multiformats/murmur3'
import { ShoalError } from '../base/errors.ts'
import { type Codec, cidOfDigest, DAG_PB, parseCid } from './cid.ts'
import { MAX_SHARD_DEPTH, nameBehindSlot, prefixLength } from './shard.ts'
import { decodeUnixfsNode, type NodeLink, type UnixfsNode } from './unixfs-node.ts'

/** Nodes of folders by CID; undefined for what is no folder's node, or not there. */
export type GetNode = (cid: string) => Uint8Array | undefined

/** A block that is a dag-pb node. */
export interface DagNode {
  readonly cid: string
  readonly bytes: Uint8Array
}

/** What a folder says of something directly in it. */
export interface FolderLink {
  readonly name: string
  readonly cid: string
  readonly codec: Codec
  /** What the folder claims of the bytes of it and of its nodes. */
  readonly totalBytes: number
}

export type FolderStep = { readonly node: DagNode } | { readonly link: FolderLink }

/** A link, and the nodes of the folder that were read to find it: its first one, and those of the trie on the way. */
export interface FoundLink {
  readonly link: FolderLink | undefined
  readonly nodes: readonly DagNode[]
}

/**
 * What has this name directly in a folder. In a trie only the nodes on the way are read.
 *
 * @throws ShoalError NOT_FOUND when a node is not there, NOT_IMPLEMENTED when it is no folder of the profile
 */
export async function findInFolder(cid: string, name: string, getNode: GetNode): Promise<FoundLink> {
  const nodes: DagNode[] = []
  const slots = await slotsOf(name)
  for (let at = cid, depth = 0; depth < MAX_SHARD_DEPTH; depth++) {
    const node = take(at, getNode)
    nodes.push(node)
    const decoded = decodeUnixfsNode(node.bytes)
    const length = prefixLength(decoded.unixfs)
    if (length === 0) return { link: linkNamed(decoded, name), nodes }
    const fanout = Number(decoded.unixfs.fanout)
    const slot = slots(depth, fanout).toString(16).toUpperCase().padStart(length, '0')
    const next = decoded.links.find((link) => link.name === slot)
    if (!next) return { link: linkNamed(decoded, name, slot), nodes }
    at = cidOfDigest(next.codec, next.digest)
  }
  return { link: undefined, nodes }
}

/**
 * The nodes of a folder and its links, depth first in link order. With `deep`, folders below are gone through in place of their links; a link
 * whose node `getNode` does not have is taken as a file.
 *
 * @throws ShoalError NOT_FOUND when the first node or one of a trie is not there; NOT_IMPLEMENTED
 */
export function* walkFolder(
  cid: string,
  getNode: GetNode,
  { deep }: { deep: boolean },
): Generator<FolderStep> {
  const stack: Generator<FolderLink & { isShard: boolean }>[] = []
  const enter = (node: DagNode): FolderStep => {
    stack.push(linksOf(decodeUnixfsNode(node.bytes)))
    return { node }
  }
  yield enter(take(parseCid(cid), getNode))
  for (let links = stack.at(-1); links; links = stack.at(-1)) {
    const { value: next, done } = links.next()
    if (done) {
      stack.pop()
      continue
    }
    const { isShard, ...link } = next
    const bytes = deep && !isShard && link.codec === DAG_PB ? getNode(link.cid) : undefined
    if (isShard) yield enter(take(link.cid, getNode))
    else if (bytes) yield enter({ cid: link.cid, bytes })
    else yield { link }
  }
}

function* linksOf(node: UnixfsNode): Generator<FolderLink & { isShard: boolean }> {
  const length = prefixLength(node.unixfs)
  for (const link of node.links) {
    const name = nameBehindSlot(link.name, length)
    yield { ...toLink(link, name), isShard: length > 0 && name === '' }
  }
}

function linkNamed({ links }: UnixfsNode, name: string, slot = ''): FolderLink | undefined {
  const found = links.find((link) => link.name === slot + name)
  return found && toLink(found, name)
}

function toLink({ codec, digest, totalBytes }: NodeLink, name: string): FolderLink {
  return { name, cid: cidOfDigest(codec, digest), codec, totalBytes }
}

function take(cid: string, getNode: GetNode): DagNode {
  const bytes = getNode(cid)
  if (bytes) return { cid, bytes }
  throw new ShoalError('NOT_FOUND', `A node of the folder is missing: ${cid}.`)
}

/**
 * Where a name stands at each level of a trie: as many bits of the first 64 of its MurmurHash3 (x64, 128 bits), from the top, as the level has
 * slots. https://specs.ipfs.tech/unixfs/#hamt-sharded-directories
 */
async function slotsOf(name: string): Promise<(depth: number, fanout: number) => number> {
  const hash = await murmur3128.encode(Buffer.from(name))
  const bits = Buffer.from(hash).readBigUInt64BE(0)
  return (depth, fanout) => {
    const width = BigInt(Math.log2(fanout))
    const shift = 64n - width * BigInt(depth + 1)
    return shift < 0n ? 0 : Number((bits >> shift) & (BigInt(fanout) - 1n))
  }
}
