import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { explorersFor, mayReachAll } from './reach.ts'

const sizes = fc.tuple(fc.nat(8), fc.nat(56), fc.nat(400))

test('the more horizons fit into the network the more explore, two at least and no more than allowed', () => {
  fc.assert(
    fc.property(sizes, fc.nat(20_000), fc.nat(20_000), fc.integer({ min: 2, max: 8 }), (near, a, b, max) => {
      const [smaller, larger] = [Math.min(a, b), Math.max(a, b)]
      const few = explorersFor(near, smaller, max)
      assert.ok(few >= 2 && few <= max)
      assert.ok(few <= explorersFor(near, larger, max))
    }),
  )
  assert.equal(explorersFor([7, 42, 200], 250, 8), 2)
  assert.equal(explorersFor([7, 42, 200], 1000, 8), 5)
  assert.equal(explorersFor([7, 42, 200], 10_000, 8), 8)
})

test('a query reaches all when what is within its hops is as many as there are', () => {
  assert.ok(mayReachAll([5, 4, 0], 2, 10))
  assert.ok(!mayReachAll([5, 4, 0], 1, 10))
  assert.ok(!mayReachAll([7, 42, 200], 3, 1000))
  assert.ok(mayReachAll([7, 42, 200], 4, 1000))
})
