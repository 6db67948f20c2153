import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BLOCK_SIZE } from '../../content/cid.ts'
import { BlockCache, type CacheShare } from './block-cache.ts'

const ROOM = new Uint8Array(BLOCK_SIZE)

interface Owner {
  readonly share: CacheShare
  readonly kept: Map<number, number>
  readonly wanted: Set<number>
}

function join(cache: BlockCache): Owner {
  const kept = new Map<number, number>()
  const wanted = new Set<number>()
  const share = cache.join({
    isWanted: (index) => wanted.has(index),
    evicted: (index) => void kept.delete(index),
  })
  return { share, kept, wanted }
}

const sum = (sizes: Iterable<number>) => [...sizes].reduce((total, each) => total + each, 0)

const step = fc.record({
  owner: fc.nat(2),
  do: fc.constantFrom('put', 'put', 'put', 'get', 'want', 'unwant', 'leave'),
  index: fc.nat(9),
  size: fc.integer({ min: 1, max: BLOCK_SIZE }),
})

test('never more than is said, of all and of each; whoever loses a block is told; what was put last is there', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const limits = { cacheBytes: 4 * BLOCK_SIZE, cacheBytesPerFile: 2.5 * BLOCK_SIZE }
      const cache = new BlockCache(limits)
      const owners = [join(cache), join(cache), join(cache)]
      for (const { owner, do: what, index, size } of steps) {
        const { share, kept, wanted } = owners[owner]!
        if (what === 'want') wanted.add(index)
        if (what === 'unwant') wanted.delete(index)
        if (what === 'get') assert.equal(share.get(index)?.length, kept.get(index))
        if (what === 'leave') {
          share.leave()
          kept.clear()
        }
        if (what === 'put') {
          share.put(index, ROOM.subarray(0, size))
          kept.set(index, size)
        }
        for (const each of owners) {
          assert.ok(sum(each.kept.values()) <= limits.cacheBytesPerFile)
          for (let i = 0; i < 10; i++) assert.equal(each.share.has(i), each.kept.has(i))
        }
        assert.equal(cache.bytes, sum(owners.flatMap((each) => [...each.kept.values()])))
        assert.ok(cache.bytes <= limits.cacheBytes)
      }
    }),
  )
})

test('what is about to be read stays, and what was read last, longest', () => {
  const cache = new BlockCache({ cacheBytes: 3 * BLOCK_SIZE, cacheBytesPerFile: 3 * BLOCK_SIZE })
  const { share, kept, wanted } = join(cache)
  const put = (index: number) => {
    kept.set(index, BLOCK_SIZE)
    share.put(index, ROOM)
  }
  for (const index of [0, 1, 2]) put(index)
  wanted.add(0)
  put(3)
  assert.deepEqual([...kept.keys()], [0, 2, 3])
  share.get(2)
  put(4)
  assert.deepEqual([...kept.keys()], [0, 2, 4])
  // When all are wanted, room is made all the same.
  for (const index of [2, 4]) wanted.add(index)
  put(5)
  assert.deepEqual([...kept.keys()], [2, 4, 5])
  assert.throws(() => new BlockCache({ cacheBytes: 1, cacheBytesPerFile: BLOCK_SIZE }), RangeError)
})
