import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { type PeerFilter, PeerFilterSchema } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import { keyHash, makeFilter } from './bloom.ts'
import { bitsOf, filterNews, oneHopFurther, readFilter } from './filter-wire.ts'
import { Horizon } from './horizon.ts'

function filter(version: number, words: readonly string[], log2Bits = 10, hops = 0): PeerFilter {
  const content = { case: 'bits', value: makeFilter(words.map(keyHash), log2Bits) } as const
  return create(PeerFilterSchema, { point: 7, hops, version: BigInt(version), log2Bits, content })
}

describe('news of a filter', () => {
  test('whatever was known before, the receiver has the new one then', () => {
    const words = fc.array(fc.string(), { maxLength: 100 })
    const size = fc.integer({ min: 9, max: 11 })
    fc.assert(
      fc.property(words, words, size, size, (before, after, small, large) => {
        const [from, to] = [filter(1, before, small), filter(2, after, large)]
        assert.deepEqual(bitsOf(readFilter(from, filterNews(from, to))!), bitsOf(to))
        assert.deepEqual(bitsOf(readFilter(undefined, filterNews(undefined, to))!), bitsOf(to))
      }),
    )
  })

  test('is a difference when little has changed, and nothing but the distance when only that has', () => {
    const before = filter(1, ['a', 'b'])
    assert.equal(filterNews(before, filter(2, ['a', 'b', 'c'])).content.case, 'delta')
    const moved = filterNews(before, filter(1, ['a', 'b'], 10, 1))
    assert.equal(moved.content.case, undefined)
    assert.deepEqual(
      [readFilter(before, moved)!.hops, bitsOf(readFilter(before, moved)!)],
      [1, bitsOf(before)],
    )
    assert.equal(filterNews(before, undefined).gone, true)
  })

  test('that cannot be is not taken', () => {
    const held = filter(1, ['a'])
    const wrongSize = filter(2, ['a'])
    wrongSize.log2Bits = 11
    const delta = filterNews(filter(5, ['a']), filter(6, ['b']))
    const table = [
      wrongSize,
      delta,
      filter(2, [], 8),
      filter(2, [], 20),
      filter(2, ['a'], 10, 3),
      filter(2, [], 16, 1),
    ]
    for (const news of table) assert.equal(readFilter(held, news), undefined)
    assert.equal(readFilter(undefined, filterNews(held, filter(1, ['a'], 10, 1))), undefined)
  })

  test('further off, large ones are folded to 4 KiB', () => {
    const far = oneHopFurther(filter(1, ['needle'], 17))
    assert.deepEqual([far.hops, far.log2Bits, bitsOf(far).length], [1, 15, 4096])
  })
})

describe('the horizon', () => {
  const from = { peerId: 'n', point: 7 }
  const told = (...filters: PeerFilter[]) => ({ $typeName: 'shoal.v1.FilterUpdate', filters }) as const

  test('knows who is behind whom, by the nearest way', () => {
    const horizon = new Horizon(1)
    const behind = create(PeerFilterSchema, { ...filter(1, ['x'], 10, 2), point: 9 })
    // Of who is three hops away nobody is told further.
    assert.deepEqual(horizon.hear(from, told(filter(1, ['x']), behind)), [7])
    const nearer = create(PeerFilterSchema, { ...behind, hops: 1 })
    const other = { peerId: 'm', point: 8 }
    assert.deepEqual(horizon.hear(other, told(nearer)), [9])
    assert.equal(horizon.nearest(9, 'm'), undefined)
    assert.deepEqual([...horizon.points()], [7, 9])
    const keys = [keyHash('x')]
    assert.deepEqual(horizon.match(keys, 3, new Set()).get(9), { via: 'm', distance: 2 })
    assert.deepEqual(horizon.match(keys, 3, new Set(['m'])).get(9), { via: 'n', distance: 3 })
    assert.deepEqual([...horizon.match(keys, 1, new Set()).keys()], [7])
    assert.deepEqual(horizon.towards(9, 3, new Set()), { via: 'm', distance: 2 })
    assert.deepEqual(horizon.sizes(), [1, 1, 0])
    assert.deepEqual(horizon.lose('m'), [9])
    assert.deepEqual(horizon.sizes(), [1, 0, 1])
    const gone = create(PeerFilterSchema, { point: 9, gone: true })
    assert.deepEqual(horizon.hear(from, told(gone)), [])
    assert.deepEqual(horizon.sizes(), [1, 0, 0])
  })

  test('takes nobody for its neighbour but the neighbour, and no word of itself', () => {
    const horizon = new Horizon(1)
    const forged = create(PeerFilterSchema, { ...filter(1, ['x']), point: 8 })
    const self = create(PeerFilterSchema, { ...filter(1, ['x'], 10, 1), point: 1 })
    assert.deepEqual(horizon.hear(from, told(forged, self)), [])
    assert.equal(horizon.isKnown('n'), false)
  })
})
