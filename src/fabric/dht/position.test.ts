import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compareDistance, PositionIndex, positionOf, sharedBits } from './position.ts'

/** Positions that share long prefixes, too. */
const position = fc
  .tuple(fc.nat(3), fc.uint8Array({ minLength: 32, maxLength: 32 }))
  .map(([same, bytes]) => Uint8Array.from([...Array<number>(same * 8).fill(0xaa), ...bytes].slice(0, 32)))

test('the index finds the nearest that sorting by XOR finds, in its order', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(position, { maxLength: 60, selector: (each) => Buffer.from(each).toString('hex') }),
      position,
      fc.nat(25),
      (all, target, count) => {
        const index = new PositionIndex(all.map((each) => ({ position: each, value: each })))
        const right = [...all].sort((a, b) => compareDistance(target, a, b)).slice(0, count)
        assert.deepEqual(index.closest(target, count), right)
      },
    ),
  )
})

test('the nearer of two is the one whose XOR is the smaller number', () => {
  const number = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  fc.assert(
    fc.property(position, position, position, (target, a, b) => {
      const right = (number(a) ^ number(target)) - (number(b) ^ number(target))
      assert.equal(Math.sign(compareDistance(target, a, b)), right < 0n ? -1 : right > 0n ? 1 : 0)
    }),
  )
})

test('shared bits are those before the first difference', () => {
  const bits = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  fc.assert(
    fc.property(position, position, (a, b) => {
      const [x, y] = [bits(a), bits(b)]
      let shared = 0
      while (shared < 256 && x[shared] === y[shared]) shared++
      assert.equal(sharedBits(a, b), shared)
    }),
  )
  assert.equal(sharedBits(positionOf(Uint8Array.of(1)), positionOf(Uint8Array.of(1))), 256)
})
