import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { backoffMs, randomInt, seededRandom, shuffled, systemRandom, uuid } from './random.ts'

test('a seed repeats its sequence, another seed does not', () => {
  const draw = (seed: number) => {
    const random = seededRandom(seed)
    return [random.float(), random.float(), ...random.bytes(4)]
  }
  assert.deepEqual(draw(7), draw(7))
  assert.notDeepEqual(draw(7), draw(8))
})

test('floats are in [0, 1) and integers below their bound', () => {
  for (const random of [systemRandom, seededRandom(1)]) {
    for (let i = 0; i < 1000; i++) {
      const value = random.float()
      assert.ok(value >= 0 && value < 1)
      assert.ok(randomInt(random, 3) < 3)
    }
  }
})

test('a UUID has version 4 and the RFC variant', () => {
  for (let i = 0; i < 100; i++) {
    assert.match(uuid(systemRandom), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  }
})

test('shuffling keeps every item', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer(), (items, seed) => {
      assert.deepEqual([...shuffled(seededRandom(seed), items)].sort(), [...items].sort())
    }),
  )
})

test('backoff grows to its ceiling and never beyond', () => {
  fc.assert(
    fc.property(fc.nat(100), fc.integer(), (attempt, seed) => {
      const wait = backoffMs(seededRandom(seed), attempt, { baseMs: 100, maxMs: 5000 })
      assert.ok(wait >= 50 && wait <= 5000)
      if (attempt >= 6) assert.ok(wait >= 2500)
    }),
  )
})
