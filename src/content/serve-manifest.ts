import { ShoalError } from '../base/errors.ts'
import { cidOfDigest, DAG_PB, parseCid } from './cid.ts'
import { nameBehindSlot, prefixLength } from './shard.ts'
import { decodeUnixfsNode, type NodeLink } from './unixfs-node.ts'

/**
 * The manifest of a folder, for sending: its nodes and those of all folders below, the root first, then depth first in
 * link order. A link whose node `getNode` does not have is taken as a file.
 *
 * @throws ShoalError NOT_FOUND when the root or a shard of a folder is not there; INVALID_CID
 */
export function* manifestNodes(
  cid: string,
  getNode: (cid: string) => Uint8Array | undefined,
): Generator<Uint8Array> {
  const rootCid = parseCid(cid)
  const root = getNode(rootCid)
  if (!root) throw new ShoalError('NOT_FOUND', `There is no manifest of ${rootCid}.`)
  yield root
  const stack = [linksOf(root)]
  for (let links = stack.at(-1); links; links = stack.at(-1)) {
    const { value: link, done } = links.next()
    if (done) {
      stack.pop()
      continue
    }
    const node = getNode(link.cid)
    if (node) {
      yield node
      stack.push(linksOf(node))
    } else if (link.isShard) {
      throw new ShoalError('NOT_FOUND', `A node of the folder ${rootCid} is missing: ${link.cid}.`)
    }
  }
}

function* linksOf(bytes: Uint8Array): Generator<{ cid: string; isShard: boolean }> {
  const { unixfs, links } = decodeUnixfsNode(bytes)
  const length = prefixLength(unixfs)
  const isNode = (link: NodeLink) => link.codec === DAG_PB
  for (const link of links.filter(isNode)) {
    const isShard = length > 0 && nameBehindSlot(link.name, length) === ''
    yield { cid: cidOfDigest(DAG_PB, link.digest), isShard }
  }
}
