import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BlockReceiver, type Received, type ReceivedBlock } from './block-receiver.ts'
import { SourceFault } from './source-fault.ts'

const SIZES = [5, 5, 3]
let lent = 0
/** Counts what is lent. */
const PLAIN = {
  take: (size: number) => {
    lent++
    return new Uint8Array(size)
  },
  give: () => {
    lent--
  },
  lose: () => {
    lost++
  },
}
let lost = 0

/** One message as it comes. */
function take(to: BlockReceiver, index: number, offset: number, data: Uint8Array): ReceivedBlock | undefined {
  if (data.length === 0) throw new SourceFault('BAD_RESPONSE', 'empty')
  let received: Received | undefined
  for (let at = 0; at < data.length; ) {
    const room = to.place(index, offset + at, data.length - at)
    room.set(data.subarray(at, at + room.length))
    received = to.placed(room.length)
    at += room.length
  }
  return received?.block && { index, bytes: received.block }
}
const receiver = () => new BlockReceiver({ blockCount: 3, sizeOf: (index) => SIZES[index], memory: PLAIN })
const bytes = (...values: number[]) => Uint8Array.from(values)

test('parts become a block, which nothing that comes later can change', () => {
  const to = receiver()
  to.ask([0, 1, 2])
  assert.equal(take(to, 0, 0, bytes(1, 2)), undefined)
  const whole = bytes(7, 8, 9)
  const block = take(to, 2, 0, whole)
  whole.fill(0)
  assert.deepEqual(block?.bytes, bytes(7, 8, 9))
  assert.equal(take(to, 1, 0, bytes(5)), undefined)
  assert.deepEqual(take(to, 0, 2, bytes(3, 4, 5)), { index: 0, bytes: bytes(1, 2, 3, 4, 5) })
  assert.equal(to.askedCount, 1)
})

test('what cannot be is refused', () => {
  const cases: [string, (to: BlockReceiver) => void][] = [
    ['not asked for', (to) => take(to, 1, 0, bytes(1))],
    ['beyond the file', (to) => take(to, 3, 0, bytes(1))],
    ['too long', (to) => take(to, 0, 0, bytes(1, 2, 3, 4, 5, 6))],
    ['too long in the end', (to) => [take(to, 0, 0, bytes(1)), take(to, 0, 1, bytes(2, 3, 4, 5, 6))]],
    ['a gap', (to) => [take(to, 0, 0, bytes(1)), take(to, 0, 2, bytes(2))]],
    ['twice the same part', (to) => [take(to, 0, 0, bytes(1)), take(to, 0, 0, bytes(1))]],
    ['twice the same block', (to) => [take(to, 0, 0, bytes(1, 2, 3, 4, 5)), take(to, 0, 0, bytes(1))]],
  ]
  for (const [what, act] of cases) {
    const to = receiver()
    to.ask([0])
    assert.throws(() => act(to), { name: 'SourceFault' }, what)
  }
})

test('what was taken back may still come once, and not for ever', () => {
  const to = receiver()
  to.ask([0])
  take(to, 0, 0, bytes(1, 2))
  to.cancel([0, 1])
  assert.equal(to.refused(0), true)
  assert.equal(to.refused(1), false, 'never asked for')
  assert.equal(take(to, 0, 2, bytes(3, 4, 5)), undefined)
  assert.throws(() => {
    for (let i = 0; i < 3; i++) take(to, 0, 0, bytes(1, 2, 3))
  }, /not asked for/)
})

test('what is thrown away is counted as it comes, however little at a time', () => {
  const to = receiver()
  to.ask([0])
  to.cancel([0])
  for (let at = 0; at < 5; at++) {
    to.place(0, at, 5 - at)
    assert.equal(to.placed(1), undefined)
  }
  assert.throws(() => to.place(0, 0, 1), /not asked for/)
})

test('a block that is asked for again is put together from the new copy', () => {
  const to = receiver()
  to.ask([0])
  take(to, 0, 0, bytes(1, 2))
  to.cancel([0])
  to.ask([0])
  // The rest of the old copy comes first.
  assert.equal(take(to, 0, 2, bytes(3, 4, 5)), undefined)
  assert.equal(take(to, 0, 0, bytes(1, 2)), undefined)
  assert.deepEqual(take(to, 0, 2, bytes(3, 4, 5))?.bytes, bytes(1, 2, 3, 4, 5))
})

test('no block is taken before its size is known', () => {
  let size: number | undefined
  const to = new BlockReceiver({ blockCount: 1, sizeOf: () => size, memory: PLAIN })
  to.ask([0])
  assert.throws(() => take(to, 0, 0, bytes(1, 2, 3)), { code: 'BAD_RESPONSE' })
  size = 3
  assert.deepEqual(take(to, 0, 0, bytes(1, 2, 3))?.bytes, bytes(1, 2, 3))
})

test("memory that may still be written to is nobody else's", () => {
  lent = lost = 0
  const to = receiver()
  to.ask([0])
  const room = to.place(0, 0, 5)
  to.cancel([0])
  assert.deepEqual([lent, lost], [1, 1])
  room.fill(9)
  assert.equal(to.placed(5), undefined)
  to.ask([0])
  assert.deepEqual(take(to, 0, 0, bytes(1, 2, 3, 4, 5))?.bytes, bytes(1, 2, 3, 4, 5))
})

test('the memory of what is half full is given back', () => {
  lent = 0
  const to = receiver()
  to.ask([0, 1, 2])
  take(to, 0, 0, bytes(1))
  take(to, 1, 0, bytes(1))
  take(to, 2, 0, bytes(1))
  assert.equal(lent, 3)
  to.cancel([0])
  to.refused(1)
  assert.equal(lent, 1)
  to.close()
  assert.equal(lent, 0)
})

test('any cutting of any blocks comes out whole, interleaved as they may be', () => {
  const cut = fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 5 }))
  fc.assert(
    fc.property(fc.array(cut, { maxLength: 40 }), (cuts) => {
      const to = receiver()
      const blocks = SIZES.map((size, index) => Uint8Array.from({ length: size }, (_, i) => index * 10 + i))
      to.ask([0, 1, 2])
      const at = [0, 0, 0]
      const out: Uint8Array[] = []
      for (const [index, length] of [...cuts, [0, 5], [1, 5], [2, 5]] as const) {
        const data = blocks[index]!.subarray(at[index]!, at[index]! + length)
        if (data.length === 0) continue
        const block = take(to, index, at[index]!, data)
        at[index]! += data.length
        if (block) out[block.index] = block.bytes
      }
      assert.deepEqual(out, blocks)
      assert.equal(to.askedCount, 0)
    }),
  )
})
