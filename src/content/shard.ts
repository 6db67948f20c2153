import type { UnixFS } from 'ipfs-unixfs'
import { notInProfile } from './unixfs-node.ts'

/**
 * Folders too big for one node are a hash array mapped trie of nodes. A link's name begins with its slot in upper-case
 * hex; nothing after it: a further node of the trie; otherwise the entry's name. https://specs.ipfs.tech/unixfs/#hamt-sharded-directories
 */

/** Widest shard that is read; the profile has 256, Kubo takes up to 1024. */
const MAX_FANOUT = 1024

/** Levels of a trie: the 64 bits of a name's hash run out after 8 levels of the profile's 8 bits. */
export const MAX_SHARD_DEPTH = 8

/** Hex digits of the slot before a link's name; 0 in a folder that is one plain node. @throws ShoalError NOT_IMPLEMENTED */
export function prefixLength(unixfs: UnixFS): number {
  if (unixfs.type === 'directory') return 0
  const fanout = Number(unixfs.fanout ?? 0n)
  if (fanout < 8 || fanout > MAX_FANOUT || !Number.isInteger(Math.log2(fanout))) {
    throw notInProfile(`A folder of this CID has shards of ${fanout} slots.`)
  }
  return (fanout - 1).toString(16).length
}

/** The name behind the slot; '' for a further node of the trie. @throws ShoalError NOT_IMPLEMENTED when there is no slot */
export function nameBehindSlot(linkName: string, length: number): string {
  if (!/^[0-9A-F]*$/.test(linkName.slice(0, length)) || linkName.length < length) {
    throw notInProfile('A folder of this CID has a link without a slot.')
  }
  return linkName.slice(length)
}
