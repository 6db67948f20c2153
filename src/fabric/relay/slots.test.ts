import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type HeldSlot, slotFor } from './slots.ts'

const held = (peerId: string, network: string, isConnected = true): HeldSlot => ({
  peerId,
  network,
  isConnected,
})

test('the ninth of one address is refused, and others are not', () => {
  const eight = Array.from({ length: 8 }, (_, i) => held(`p${i}`, '192.0.2.1'))
  const limits = { slots: 128, slotsPerAddress: 8 }
  assert.equal(slotFor(held('new', '192.0.2.1'), eight, limits).refusal?.code, 'SLOTS_PER_ADDRESS')
  assert.equal(slotFor(held('p3', '192.0.2.1'), eight, limits).refusal, undefined)
  assert.deepEqual(slotFor(held('new', '192.0.2.2'), eight, limits), { drop: [] })
})

test('those who have left make room, and only as many as are needed', () => {
  const limits = { slots: 3, slotsPerAddress: 2 }
  const all = [held('a', 'x', false), held('b', 'x'), held('c', 'y', false)]
  assert.deepEqual(slotFor(held('new', 'x'), all, limits), { drop: ['a'] })
  assert.deepEqual(slotFor(held('new', 'z'), all, limits).drop.length, 1)
  assert.deepEqual(slotFor(held('new', 'z'), all.slice(0, 2), limits), { drop: [] })
})

const anyHeld = fc.uniqueArray(
  fc.record({
    peerId: fc.integer({ min: 0, max: 40 }).map(String),
    network: fc.constantFrom('', 'x', 'y'),
    isConnected: fc.boolean(),
  }),
  { selector: ({ peerId }) => peerId, maxLength: 12 },
)

test('limits hold, nobody connected loses a place, and nobody is refused without need', () => {
  const limitsArbitrary = fc.record({
    slots: fc.integer({ min: 1, max: 8 }),
    slotsPerAddress: fc.integer({ min: 1, max: 4 }),
  })
  fc.assert(
    fc.property(anyHeld, limitsArbitrary, fc.constantFrom('', 'x', 'y'), (before, limits, network) => {
      const { refusal, drop } = slotFor({ peerId: 'new', network }, before, limits)
      const dropped = before.filter(({ peerId }) => drop.includes(peerId))
      assert.ok(dropped.every(({ isConnected }) => !isConnected))
      const near = (slots: HeldSlot[]) => slots.filter((slot) => network !== '' && slot.network === network)
      const connected = before.filter(({ isConnected }) => isConnected)
      if (refusal) {
        assert.deepEqual(drop, [])
        assert.ok(connected.length >= limits.slots || near(connected).length >= limits.slotsPerAddress)
      } else {
        const after = before.filter(({ peerId }) => !drop.includes(peerId))
        assert.ok(after.length < limits.slots)
        assert.ok(near(after).length < limits.slotsPerAddress)
      }
    }),
  )
})
