import { BLOCK_SIZE, DIGEST_SIZE, MAX_LINKS } from './cid.ts'
import { encodeFileNode, type Subtree } from './file-node.ts'
import { sameBytes } from './verify.ts'

/** A node whose digests are to be filled in: the first at byte `first`, each further one `stride` bytes behind. */
interface Template {
  readonly bytes: Uint8Array
  readonly first: number
  readonly stride: number
}

let template: Template | undefined

const FULL: Subtree = { height: 1, sizeBytes: BLOCK_SIZE * MAX_LINKS }

/** Whether the node at the top of a subtree links 1024 full blocks: all nodes of a large file are such, but the root and perhaps the last one. */
export const isFullNode = ({ height, sizeBytes }: Subtree): boolean =>
  height === FULL.height && sizeBytes === FULL.sizeBytes

/**
 * The node of 1024 full blocks. All such nodes are alike but for the digests, so those are copied into a node that was encoded once: two to four times
 * faster than encoding each anew (measured with 64 nodes, 2026-11).
 *
 * @param digests 1024 of 32 bytes each
 */
export function fullNode(digests: Uint8Array): Uint8Array {
  template ??= makeTemplate()
  const { first, stride } = template
  const bytes = template.bytes.slice()
  for (let link = 0; link < MAX_LINKS; link++)
    bytes.set(digests.subarray(link * DIGEST_SIZE, (link + 1) * DIGEST_SIZE), first + link * stride)
  return bytes
}

/** The 1024 digests, 32 bytes each, for which {@link fullNode} gives exactly these bytes; undefined when there are none. */
export function digestsOfFullNode(bytes: Uint8Array): Uint8Array | undefined {
  template ??= makeTemplate()
  const { first, stride } = template
  if (bytes.length !== template.bytes.length) return undefined
  const digests = new Uint8Array(MAX_LINKS * DIGEST_SIZE)
  for (let link = 0; link < MAX_LINKS; link++) {
    const at = first + link * stride
    digests.set(bytes.subarray(at, at + DIGEST_SIZE), link * DIGEST_SIZE)
  }
  return sameBytes(fullNode(digests), bytes) ? digests : undefined
}

function makeTemplate(): Template {
  const [marked, unmarked] = [new Uint8Array(DIGEST_SIZE).fill(0xa5), new Uint8Array(DIGEST_SIZE)]
  const placeOf = (link: number) => {
    const digests = Array.from({ length: MAX_LINKS }, (_, index) => (index === link ? marked : unmarked))
    return Buffer.from(encodeFileNode(FULL, digests)).indexOf(marked)
  }
  const first = placeOf(0)
  return {
    bytes: encodeFileNode(FULL, new Array(MAX_LINKS).fill(unmarked)),
    first,
    stride: placeOf(1) - first,
  }
}
