import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CHAINING_BYTES, chainingValues, PART_BYTES, partStart, valueAfter } from './block-chain.ts'
import { sha256 } from './verify.ts'

/** A block's parts from its end, as they are sent. */
function partsOf(block: Uint8Array) {
  const values = chainingValues(block)
  const parts = []
  for (let end = block.length; end > 0; end = partStart(end)) {
    const start = partStart(end)
    const at = (start / PART_BYTES - 1) * CHAINING_BYTES
    const before = start === 0 ? new Uint8Array(CHAINING_BYTES) : values.subarray(at, at + CHAINING_BYTES)
    parts.push({ start, end, before, bytes: block.subarray(start, end) })
  }
  return parts
}

/** Whether all parts verify, backwards from the digest. */
function verifies(digest: Uint8Array, size: number, parts: ReturnType<typeof partsOf>): boolean {
  let expected = digest
  for (const { start, end, before, bytes } of parts) {
    if (Buffer.compare(valueAfter(before, bytes, start, end === size ? size : undefined), expected) !== 0)
      return false
    expected = before
  }
  return true
}

const sizes = fc.oneof(
  fc.integer({ min: 1, max: 5 * PART_BYTES }),
  fc.constantFrom(
    1,
    55,
    56,
    63,
    64,
    PART_BYTES - 1,
    PART_BYTES,
    PART_BYTES + 1,
    PART_BYTES + 55,
    PART_BYTES + 56,
    3 * PART_BYTES,
  ),
)
const blocks = fc
  .tuple(sizes, fc.integer({ min: 0, max: 255 }))
  .map(([size, seed]) => Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8) * 7 + seed) & 255))

test('the parts of a block follow from its digest, from its end to its beginning', () => {
  fc.assert(
    fc.property(blocks, (block) => {
      const parts = partsOf(block)
      assert.equal(parts.at(-1)!.start, 0)
      assert.ok(verifies(sha256(block), block.length, parts))
    }),
    { numRuns: 60 },
  )
})

test('a changed byte, in a part or in a chaining value, does not', () => {
  fc.assert(
    fc.property(
      blocks,
      fc.nat(),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      (block, a, b, flip, inValue) => {
        const parts = partsOf(block).map((part) => ({
          ...part,
          before: part.before.slice(),
          bytes: part.bytes.slice(),
        }))
        const part = parts[a % parts.length]!
        // The value before the first part is SHA-256's own and not looked at.
        const target = inValue && part.start > 0 ? part.before : part.bytes
        target[b % target.length]! ^= flip
        assert.ok(!verifies(sha256(block), block.length, parts))
      },
    ),
    { numRuns: 60 },
  )
})

test('a block of another length does not, though its bytes begin alike', () => {
  const block = new Uint8Array(PART_BYTES + 64)
  const parts = partsOf(block.subarray(0, PART_BYTES + 1))
  assert.ok(!verifies(sha256(block), PART_BYTES + 1, parts))
})
