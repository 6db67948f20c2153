import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { BLOCK_SIZE } from './cid.ts'
import {
  blockCount,
  blockDigest,
  blockSize,
  blocksOfRange,
  buildManifest,
  type FileLayout,
  layoutOfRawCid,
} from './manifest.ts'
import { layoutOfRawBlock, sameBytes, sha256, verifyBlock, verifyRange } from './verify.ts'

const LAST = 1000
const content = randomBytes(2 * BLOCK_SIZE + LAST)
const blocks = [0, 1, 2].map((index) => content.subarray(index * BLOCK_SIZE, (index + 1) * BLOCK_SIZE))
const layout = layoutOf(blocks, content.length)

function layoutOf(parts: readonly Uint8Array[], sizeBytes: number): FileLayout {
  const digests = Buffer.concat(parts.map(sha256))
  return { cid: buildManifest(digests, sizeBytes).cid, sizeBytes, digests }
}

test('a layout tells number, size and digest of its blocks', () => {
  assert.equal(blockCount(layout), 3)
  assert.deepEqual(
    [0, 1, 2].map((index) => blockSize(layout, index)),
    [BLOCK_SIZE, BLOCK_SIZE, LAST],
  )
  assert.ok(sameBytes(blockDigest(layout, 2), sha256(blocks[2]!)))
  for (const index of [-1, 3, 0.5, Number.NaN]) assert.throws(() => blockSize(layout, index), RangeError)
  for (const index of [-1, 3]) assert.throws(() => blockDigest(layout, index), RangeError)
})

test('an empty file has one empty block', () => {
  const empty = layoutOf([new Uint8Array()], 0)
  assert.equal(blockCount(empty), 1)
  assert.equal(blockSize(empty, 0), 0)
  assert.ok(verifyBlock(empty, 0, new Uint8Array()))
  assert.deepEqual(verifyRange(empty, { offset: 0, length: 0 }, []), new Uint8Array())
})

test('blocks of a range: up to, over and between boundaries', () => {
  const table: [offset: number, length: number, first: number, end: number][] = [
    [0, 0, 0, 0],
    [0, 1, 0, 1],
    [0, BLOCK_SIZE, 0, 1],
    [0, BLOCK_SIZE + 1, 0, 2],
    [BLOCK_SIZE - 1, 2, 0, 2],
    [BLOCK_SIZE, 1, 1, 2],
    [BLOCK_SIZE, 0, 1, 1],
    [2 * BLOCK_SIZE, LAST, 2, 3],
    [0, content.length, 0, 3],
  ]
  for (const [offset, length, first, end] of table) {
    assert.deepEqual(blocksOfRange(layout, offset, length), { first, end }, `${offset}+${length}`)
  }
  for (const [offset, length] of [
    [-1, 1],
    [0, -1],
    [0, content.length + 1],
    [content.length, 1],
    [0.5, 1],
  ] as const) {
    assert.throws(() => blocksOfRange(layout, offset, length), RangeError)
  }
})

test('a block is right only at its place, whole and unchanged', () => {
  for (const [index, block] of blocks.entries()) assert.ok(verifyBlock(layout, index, block))
  assert.ok(!verifyBlock(layout, 1, blocks[0]!))
  assert.ok(!verifyBlock(layout, 0, blocks[0]!.subarray(1)))
  assert.ok(!verifyBlock(layout, 2, Buffer.concat([blocks[2]!, Buffer.of(0)])))
  for (const index of [-1, 3, 1.5]) assert.ok(!verifyBlock(layout, index, blocks[0]!))
})

test('any flipped bit is found', () => {
  fc.assert(
    fc.property(fc.nat(LAST * 8 - 1), (bit) => {
      const wrong = Buffer.from(blocks[2]!)
      wrong[bit >> 3] = wrong[bit >> 3]! ^ (1 << (bit & 7))
      assert.ok(!verifyBlock(layout, 2, wrong))
    }),
  )
})

test('any byte range comes out as it is in the file, from its own blocks alone', () => {
  const range = fc
    .tuple(fc.nat(content.length), fc.nat(content.length))
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
  fc.assert(
    fc.property(range, ([from, to]) => {
      const { first, end } = blocksOfRange(layout, from, to - from)
      const bytes = verifyRange(layout, { offset: from, length: to - from }, blocks.slice(first, end))
      assert.ok(content.subarray(from, to).equals(bytes))
    }),
    { numRuns: 30 },
  )
})

test('a range with a wrong, missing or further block is refused', () => {
  const range = { offset: BLOCK_SIZE - 1, length: 2 }
  const refused = (parts: Uint8Array[], code: string) =>
    assert.throws(
      () => verifyRange(layout, range, parts),
      (error: { code?: string }) => error.code === code,
    )
  refused([blocks[1]!, blocks[0]!], 'BAD_BLOCK')
  refused([blocks[0]!], 'BAD_RESPONSE')
  refused(blocks, 'BAD_RESPONSE')
})

test('a file of one block: its CID proves the block, and the block tells the size', () => {
  const block = randomBytes(1234)
  const { cid } = buildManifest(sha256(block), block.length)
  const known = layoutOfRawBlock(cid, block)
  assert.equal(known.sizeBytes, 1234)
  assert.ok(verifyBlock(known, 0, block))
  assert.deepEqual(layoutOfRawCid(cid, 1234), known)
  assert.ok(!verifyBlock(layoutOfRawCid(cid, 1235), 0, block))
  assert.throws(() => layoutOfRawBlock(cid, randomBytes(1234)), { code: 'BAD_BLOCK' })
  assert.throws(() => layoutOfRawCid(cid, BLOCK_SIZE + 1), { code: 'NOT_IMPLEMENTED' })
  assert.throws(() => layoutOfRawCid(layout.cid, 5), { code: 'INVALID_CID' })
})
