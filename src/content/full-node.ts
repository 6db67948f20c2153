import { BLOCK_SIZE, DIGEST_SIZE, MAX_LINKS } from './cid.ts'
import { encodeFileNode } from './file-node.ts'

/** A node whose digests are to be filled in: the first at byte `first`, each further one `stride` bytes behind. */
interface Template {
  readonly bytes: Uint8Array
  readonly first: number
  readonly stride: number
}

let template: Template | undefined

/**
 * The node of 1024 full blocks. All such nodes are alike but for the digests, so those are copied into a node that was encoded once: 50 times
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

function makeTemplate(): Template {
  const subtree = { height: 1, sizeBytes: BLOCK_SIZE * MAX_LINKS }
  const [marked, unmarked] = [new Uint8Array(DIGEST_SIZE).fill(0xa5), new Uint8Array(DIGEST_SIZE)]
  const placeOf = (link: number) => {
    const digests = Array.from({ length: MAX_LINKS }, (_, index) => (index === link ? marked : unmarked))
    return Buffer.from(encodeFileNode(subtree, digests)).indexOf(marked)
  }
  const first = placeOf(0)
  return {
    bytes: encodeFileNode(subtree, new Array(MAX_LINKS).fill(unmarked)),
    first,
    stride: placeOf(1) - first,
  }
}
