import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { BLOCK_SIZE } from './cid.ts'
import { childrenOf, claimedFileSize, digestsOfFileNode, encodeFileNode, rootOf } from './file-node.ts'
import { sameBytes } from './verify.ts'

const fileSize = fc.oneof(
  fc.integer({ min: BLOCK_SIZE + 1, max: 1100 * BLOCK_SIZE }),
  fc.constantFrom(2, 1023, 1024, 1025).map((blocks) => blocks * BLOCK_SIZE),
)

function made(sizeBytes: number) {
  const root = rootOf(sizeBytes)
  const digests = childrenOf(root).map(() => new Uint8Array(randomBytes(32)))
  return { root, digests, node: encodeFileNode(root, digests) }
}

test('the size and the digests of a node are read back', () => {
  fc.assert(
    fc.property(fileSize, (sizeBytes) => {
      const { root, digests, node } = made(sizeBytes)
      assert.equal(claimedFileSize(node), sizeBytes)
      const read = digestsOfFileNode(root, node)
      assert.equal(read?.length, digests.length)
      assert.ok(read.every((digest, at) => sameBytes(digest, digests[at]!)))
    }),
    { numRuns: 30 },
  )
})

test('a node that is changed anywhere but in a digest has none', () => {
  fc.assert(
    fc.property(fileSize, fc.nat(), fc.integer({ min: 1, max: 255 }), (sizeBytes, position, xor) => {
      const { root, digests, node } = made(sizeBytes)
      const at = position % node.length
      node[at] = node[at]! ^ xor
      const read = digestsOfFileNode(root, node)
      // In a digest it is another digest, which the hash of the node tells.
      if (read) assert.equal(read.filter((digest, index) => !sameBytes(digest, digests[index]!)).length, 1)
      assert.equal(digestsOfFileNode(root, node.subarray(0, at)), undefined)
    }),
    { numRuns: 100 },
  )
})

test('whatever comes, nothing is thrown', () => {
  const root = rootOf(3 * BLOCK_SIZE)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      assert.equal(digestsOfFileNode(root, bytes), undefined)
      const size = claimedFileSize(bytes)
      assert.ok(size === undefined || size > 0)
    }),
    { numRuns: 2000 },
  )
})
