import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ManualClock } from '../../base/clock.ts'
import { CHAINING_BYTES, chainingValues, PART_BYTES } from '../../content/block-chain.ts'
import { sameBytes, sha256 } from '../../content/verify.ts'
import type { ServedFile } from '../served-file.ts'
import { BlockParts } from './block-parts.ts'
import { ComingBlocks, type VerifiedPart } from './coming-blocks.ts'

const SIZE = 3 * PART_BYTES + 100
const block = Uint8Array.from({ length: SIZE }, (_, i) => (i * 7 + (i >> 9)) & 255)

function served(readInto?: ServedFile['readInto']): ServedFile {
  return {
    blockCount: 1,
    sizeBytes: SIZE,
    sizeOf: () => SIZE,
    has: undefined,
    added: undefined,
    coming: undefined,
    readInto:
      readInto ??
      (async (_, into) => {
        into.set(block)
        return SIZE
      }),
    release: () => {},
  }
}

/** The parts of the block as a giver cuts them, the last one first. */
async function parts(): Promise<VerifiedPart[]> {
  const blocks = new BlockParts(new ManualClock())
  const found: VerifiedPart[] = []
  for (let end = SIZE; end > 0; end = found.at(-1)!.start)
    found.push((await blocks.part('cid', served(), 0, end))!)
  return found
}

function coming() {
  const lent = { count: 0 }
  const told: string[] = []
  const blocks = new ComingBlocks({
    sizeOf: () => SIZE,
    digestOf: () => sha256(block),
    memory: {
      take: (bytes) => {
        lent.count++
        return new Uint8Array(bytes)
      },
      give: () => {
        lent.count--
      },
    },
  })
  blocks.begun.on((index) => told.push(`begun ${index}`))
  blocks.grown.on((index) => told.push(`grown ${index}`))
  return { blocks, lent, told }
}

test('what a giver cuts, a taker verifies part by part, and can pass each on at once', async () => {
  const { blocks, lent, told } = coming()
  const all = await parts()
  assert.deepEqual(
    all.map(({ start }) => start),
    [3, 2, 1, 0].map((part) => part * PART_BYTES),
  )
  for (const part of all) {
    assert.equal(blocks.take(0, part), 'taken')
    assert.equal(blocks.from(0), part.start)
    assert.ok(sameBytes(blocks.part(0, part.start + part.bytes.length)!.bytes, part.bytes))
    if (part.start > 0) assert.equal(blocks.handOver(0), undefined)
  }
  assert.deepEqual(told, ['begun 0', ...Array(4).fill('grown 0')])
  assert.deepEqual(blocks.handOver(0), block)
  assert.equal(blocks.handOver(0), undefined)
  blocks.forget(0)
  // Whoever it was handed over to gives the memory back.
  assert.deepEqual([blocks.from(0), lent.count], [undefined, 1])
  assert.ok(sameBytes(blocks.chainingValues(0)!, chainingValues(block)))
})

test('what is passed on verifies at the next one, too', async () => {
  const [first, second] = [coming().blocks, coming().blocks]
  for (const part of await parts()) first.take(0, part)
  for (let end = SIZE; end > 0; ) {
    const part = first.part(0, end)!
    assert.equal(second.take(0, part), 'taken')
    end = part.start
  }
  assert.deepEqual(second.handOver(0), block)
})

test('a wrong byte or chaining value is found at once, and what was there stays', async () => {
  const all = await parts()
  fc.assert(
    fc.property(
      fc.nat(3),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      (at, where, flip, inValue) => {
        const { blocks } = coming()
        for (const part of all.slice(0, at)) assert.equal(blocks.take(0, part), 'taken')
        const { start, bytes, chaining } = all[at]!
        const bad = { start, bytes: Uint8Array.from(bytes), chaining: Uint8Array.from(chaining) }
        const target = inValue && start > 0 ? bad.chaining : bad.bytes
        target[where % target.length]! ^= flip
        assert.equal(blocks.take(0, bad), 'wrong')
        assert.equal(blocks.from(0), at === 0 ? undefined : all[at - 1]!.start)
        assert.equal(blocks.take(0, all[at]!), 'taken')
      },
    ),
    { numRuns: 30 },
  )
})

test('a part that is not the next one is late, whoever sends it', async () => {
  const { blocks } = coming()
  const all = await parts()
  assert.equal(blocks.take(0, all[1]!), 'late')
  blocks.take(0, all[0]!)
  assert.equal(blocks.take(0, all[0]!), 'late')
  const short = { ...all[1]!, start: all[1]!.start + 64, bytes: all[1]!.bytes.subarray(64) }
  assert.equal(blocks.take(0, short), 'late')
})

test('what is thrown away gives its memory back', async () => {
  const { blocks, lent } = coming()
  const [last] = await parts()
  blocks.take(0, last!)
  blocks.take(1, last!)
  assert.equal(lent.count, 2)
  blocks.forget(1)
  blocks.close()
  assert.equal(lent.count, 0)
})

test('a giver reads a block once for all of its parts, and says when it cannot', async () => {
  let reads = 0
  const clock = new ManualClock()
  const blocks = new BlockParts(clock)
  const file = served(async (_, into) => {
    reads++
    into.set(block)
    return SIZE
  })
  for (let end = SIZE; end > 0; ) end = (await blocks.part('cid', file, 0, end))!.start
  assert.equal(reads, 1)
  assert.equal(
    await blocks.part(
      'other',
      served(async () => undefined),
      0,
      SIZE,
    ),
    undefined,
  )
  assert.equal((await blocks.part('cid', file, 0, PART_BYTES))?.chaining.length, CHAINING_BYTES)
})

test('hashing for parts is bounded: so many blocks at once, then so many a second; who asks for more waits', async () => {
  const clock = new ManualClock()
  let hashed = 0
  const blocks = new BlockParts(clock, () => {
    hashed++
    return new Uint8Array(3 * CHAINING_BYTES)
  })
  const given = Promise.all(Array.from({ length: 200 }, (_, i) => blocks.part('cid', served(), i, SIZE)))
  await clock.advance(0)
  assert.equal(hashed, 80)
  await clock.advance(1000)
  assert.equal(hashed, 120)
  for (let i = 0; i < 20; i++) await clock.advance(100)
  assert.equal((await given).filter((part) => part === undefined).length, 0)
  // Its chaining values are remembered when the block itself is not.
  await blocks.part('cid', served(), 0, SIZE)
  assert.equal(hashed, 200)
})
