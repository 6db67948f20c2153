import { encode, type PBLink, prepare } from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import type { WritableStorage } from 'ipfs-unixfs-importer'
import { DirSharded } from 'ipfs-unixfs-importer/utils'
import { CID } from 'multiformats/cid'
import { cidOfDigest, DAG_PB } from './cid.ts'
import { sha256 } from './verify.ts'

/**
 * The nodes of one folder whose contents are known. Small folders are one node; the trie that bigger ones become is
 * ipfs-unixfs-importer's.
 */

/** A folder becomes a trie when its single node would have more bytes than this: unixfs-v1-2025 (IPIP-0499), "block-bytes". */
const MAX_FLAT_BYTES = 262_144

/** Bits of the hash used up at each level of the trie: 256 slots, in the same profile. */
const FANOUT_BITS = 8

/** Least bytes of a link with an empty name: tags and lengths, a CID of 36 bytes, sizes of one byte. */
const MIN_LINK_BYTES = 44

/** How much is done before other work of the process gets a turn: some 10 ms on a slow core. */
const NAMES_PER_TURN = 250
const NODES_PER_TURN = 100

/** Lets the event loop run at every `count`-th call. */
export function turnEvery(count: number): () => Promise<void> | undefined {
  let calls = 0
  return () => (++calls % count === 0 ? new Promise((resolve) => setImmediate(resolve)) : undefined)
}

export interface FolderChild {
  readonly name: string
  readonly cid: string
  readonly totalBytes: number
}

export interface FolderNodes {
  readonly cid: string
  /** Bytes of everything below and of all nodes. */
  readonly totalBytes: number
  /** The node, or all nodes of the trie, by CID. */
  readonly nodes: Map<string, Uint8Array>
}

/** Encodes one folder; `children` in any order, names all different. */
export async function encodeFolder(children: readonly FolderChild[]): Promise<FolderNodes> {
  const atLeast = children.reduce((sum, { name }) => sum + Buffer.byteLength(name) + MIN_LINK_BYTES, 0)
  if (atLeast <= MAX_FLAT_BYTES) {
    const block = encodeFlat(children)
    if (block.length <= MAX_FLAT_BYTES) {
      const cid = cidOfDigest(DAG_PB, sha256(block))
      const totalBytes = children.reduce((sum, child) => sum + child.totalBytes, block.length)
      return { cid, totalBytes, nodes: new Map([[cid, block]]) }
    }
  }
  return encodeTrie(children)
}

function encodeFlat(children: readonly FolderChild[]): Uint8Array {
  const links: PBLink[] = children.map(({ name, cid, totalBytes }) => ({
    Hash: CID.parse(cid),
    Name: name,
    Tsize: totalBytes,
  }))
  return encode(prepare({ Data: new UnixFS({ type: 'directory' }).marshal(), Links: links }))
}

async function encodeTrie(children: readonly FolderChild[]): Promise<FolderNodes> {
  const nodes = new Map<string, Uint8Array>()
  const trie = new DirSharded(
    { root: true, dir: true, path: '', dirty: true, flat: false },
    { cidVersion: 1, shardFanoutBits: FANOUT_BITS },
  )
  const nameTurn = turnEvery(NAMES_PER_TURN)
  for (const { name, cid, totalBytes } of children) {
    await trie.put(name, { cid: CID.parse(cid), size: BigInt(totalBytes) })
    await nameTurn()
  }
  const nodeTurn = turnEvery(NODES_PER_TURN)
  const store: Pick<WritableStorage, 'put'> = {
    async put(cid, block) {
      nodes.set(cid.toString(), block as Uint8Array)
      await nodeTurn()
      return cid
    },
  }
  let root: { cid: CID; size: bigint } | undefined
  for await (const node of trie.flush(store)) root = node
  if (!root) throw new Error('the trie gave no root')
  return { cid: root.cid.toString(), totalBytes: Number(root.size), nodes }
}
