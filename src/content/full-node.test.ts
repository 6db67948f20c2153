import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { BLOCK_SIZE, cidOfDigest, DAG_PB, DIGEST_SIZE, MAX_LINKS } from './cid.ts'
import { encodeFileNode, rootOf } from './file-node.ts'
import { digestsOfFullNode, fullNode, isFullNode } from './full-node.ts'
import { buildManifest, readManifest } from './manifest.ts'
import { sameBytes, sha256 } from './verify.ts'

const FULL = rootOf(MAX_LINKS * BLOCK_SIZE)
const someDigests = () => new Uint8Array(randomBytes(MAX_LINKS * DIGEST_SIZE))
const split = (digests: Uint8Array) =>
  Array.from({ length: digests.length / DIGEST_SIZE }, (_, index) =>
    digests.subarray(index * DIGEST_SIZE, (index + 1) * DIGEST_SIZE),
  )

test('a node of 1024 full blocks is what the encoder makes of it, and gives its digests back', () => {
  assert.ok(isFullNode(FULL))
  for (const sizeBytes of [1023, 1025, 2048].map((blocks) => blocks * BLOCK_SIZE))
    assert.ok(!isFullNode(rootOf(sizeBytes)))
  assert.ok(!isFullNode(rootOf(MAX_LINKS * BLOCK_SIZE - 1)))
  const digests = someDigests()
  const node = fullNode(digests)
  assert.ok(sameBytes(node, encodeFileNode(FULL, split(digests))))
  assert.ok(sameBytes(digestsOfFullNode(node)!, digests))
})

test('a node that is another in one byte beside the digests, or longer or shorter, is none', () => {
  const digests = someDigests()
  const node = fullNode(digests)
  assert.equal(digestsOfFullNode(node.subarray(1)), undefined)
  assert.equal(digestsOfFullNode(Buffer.concat([node, Buffer.of(0)])), undefined)
  const isDigest = new Uint8Array(node.length)
  for (const digest of split(digests)) {
    const at = Buffer.from(node).indexOf(digest)
    isDigest.fill(1, at, at + DIGEST_SIZE)
  }
  for (let at = 0; at < node.length; at += isDigest[at] ? DIGEST_SIZE : 1) {
    const changed = node.slice()
    changed[at]! ^= 1
    const found = digestsOfFullNode(changed)
    if (isDigest[at]) assert.ok(found && !sameBytes(found, digests))
    else assert.equal(found, undefined, `byte ${at}`)
  }
})

test('a file of which one node is written in another way is refused, though every hash is right', async () => {
  const sizeBytes = 2049 * BLOCK_SIZE
  const digests = randomBytes(2049 * DIGEST_SIZE)
  const { nodes } = buildManifest(digests, sizeBytes)
  const other = Uint8Array.from(nodes[2]!)
  // The last byte of the node is in its UnixFS data: the size of its last block.
  other[other.length - 1]! ^= 1
  const root = encodeFileNode(rootOf(sizeBytes), [nodes[1]!, other, nodes[3]!].map(sha256))
  const cid = cidOfDigest(DAG_PB, sha256(root))
  async function* sent() {
    yield* [root, nodes[1]!, other, nodes[3]!]
  }
  await assert.rejects(readManifest(cid, sent()), { code: 'NOT_IMPLEMENTED' })
})
