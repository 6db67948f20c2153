import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { BLOCK_SIZE, cidOfDigest, DAG_PB, DIGEST_SIZE, RAW } from './cid.ts'
import { FileDag, indexOfDigest, partOfFile } from './file-dag.ts'
import { blockDigest, blocksOfSize } from './layout.ts'
import { buildManifest } from './manifest.ts'
import { sha256 } from './verify.ts'

/** A file whose blocks nobody has: their digests are random. */
function layoutOf(sizeBytes: number) {
  const digests = randomBytes(blocksOfSize(sizeBytes) * DIGEST_SIZE)
  const { cid, nodes } = buildManifest(digests, sizeBytes)
  return { layout: { cid, sizeBytes, digests }, nodes }
}

async function stepsOf(dag: FileDag, span?: { first: number; end: number }) {
  const nodes: Uint8Array[] = []
  const blocks: number[] = []
  const cids: string[] = []
  for await (const step of dag.walk(span)) {
    cids.push(step.cid)
    if ('bytes' in step) nodes.push(step.bytes)
    else blocks.push(step.index)
  }
  return { nodes, blocks, cids }
}

const range = (first: number, end: number) => Array.from({ length: end - first }, (_, i) => first + i)

// Around one block, one full node, and the first file with two levels.
for (const blocks of [1, 2, 1023, 1024, 1025, 2048, 2049])
  test(`the whole DAG of ${blocks} blocks has the nodes of its manifest, depth first`, async () => {
    const { layout, nodes } = layoutOf((blocks - 1) * BLOCK_SIZE + 7)
    const dag = new FileDag(layout)
    const steps = await stepsOf(dag)
    assert.deepEqual(steps.nodes.map(sha256), nodes.map(sha256))
    assert.deepEqual((await Array.fromAsync(dag.nodes())).map(sha256), nodes.map(sha256))
    assert.deepEqual(steps.blocks, range(0, blocks))
    assert.equal(steps.cids[0], layout.cid)
    for await (const step of dag.walk()) {
      if ('bytes' in step) assert.equal(step.cid, cidOfDigest(DAG_PB, sha256(step.bytes)))
      else assert.equal(step.cid, cidOfDigest(RAW, blockDigest(layout, step.index)))
    }
  })

test('an empty file is one empty block', async () => {
  const { layout } = layoutOf(0)
  const { nodes, blocks } = await stepsOf(new FileDag(layout))
  assert.deepEqual([nodes.length, blocks], [0, [0]])
})

test('a span takes the root, the inner nodes above it, and its blocks; an empty one the root', async () => {
  const { layout, nodes } = layoutOf(3000 * BLOCK_SIZE)
  const dag = new FileDag(layout)
  const cases: [first: number, end: number, inner: number[]][] = [
    [0, 1, [0]],
    [1023, 1025, [0, 1]],
    [1024, 2048, [1]],
    [2999, 3000, [2]],
    [0, 3000, [0, 1, 2]],
    [5, 5, []],
  ]
  for (const [first, end, inner] of cases) {
    const steps = await stepsOf(dag, { first, end })
    assert.deepEqual(steps.blocks, range(first, end))
    assert.deepEqual(steps.nodes, [nodes[0], ...inner.map((i) => nodes[i + 1])])
  }
})

test('blocks and inner nodes of a file are found, and are files of their own', async () => {
  const { layout, nodes } = layoutOf(2048 * BLOCK_SIZE + 5)
  const dag = new FileDag(layout)
  const block = cidOfDigest(RAW, blockDigest(layout, 2048))
  assert.deepEqual(dag.find(block), { first: 2048, end: 2049 })
  assert.deepEqual(partOfFile(block, layout, { first: 2048, end: 2049 }).sizeBytes, 5)
  const inner = nodes.slice(1).map((node) => cidOfDigest(DAG_PB, sha256(node)))
  assert.equal(dag.find(inner[1]!), undefined, 'not worked out yet')
  await dag.root()
  assert.deepEqual(dag.find(inner[1]!), { first: 1024, end: 2048 })
  assert.deepEqual(dag.find(inner[2]!), { first: 2048, end: 2049 })
  assert.equal(dag.find(cidOfDigest(RAW, randomBytes(32))), undefined)
  // The last one links a single block, which no file of the profile does by itself.
  for (const [index, cid] of inner.entries()) {
    const part = new FileDag(partOfFile(cid, layout, dag.find(cid)!))
    assert.deepEqual(await part.root(), nodes[index + 1])
  }
})

test('a digest is found wherever one looks first, and never across two others', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 32, maxLength: 32, max: 1 }), { minLength: 1, maxLength: 40 }),
      fc.nat(50),
      fc.uint8Array({ minLength: 32, maxLength: 32, max: 1 }),
      (digests, startAt, other) => {
        const all = new Uint8Array(Buffer.concat(digests))
        for (const wanted of [...digests, other]) {
          const found = indexOfDigest(all, wanted, startAt)
          const isThere = digests.some((digest) => Buffer.compare(digest, wanted) === 0)
          if (found === undefined) assert.equal(isThere, false)
          else assert.deepEqual(digests[found], wanted)
        }
      },
    ),
  )
})
