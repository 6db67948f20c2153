import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type SlotOptions, type SlotTicket, UploadSlots } from './upload-slots.ts'

const options: SlotOptions = { slots: 2, slotsPerPeer: 1, maxQueued: 4, maxQueuedPerPeer: 2 }
const enter = (slots: UploadSlots, peerId: string) => slots.enter({ peerId, cid: 'c' }, () => {})
const states = (tickets: SlotTicket[]) =>
  tickets.map(({ state }) => (state.kind === 'waiting' ? state.position : state.kind))

test('slots go out in turn, the others are told their places', () => {
  const slots = new UploadSlots(options)
  const told: unknown[] = []
  const [a, b, c] = ['a', 'b', 'c'].map((peer) => enter(slots, peer)) as [SlotTicket, SlotTicket, SlotTicket]
  const d = slots.enter({ peerId: 'd', cid: 'c' }, (state) => told.push(state))
  assert.deepEqual(states([a, b, c, d]), ['active', 'active', 1, 2])
  a.leave()
  assert.deepEqual(states([a, b, c, d]), ['left', 'active', 'active', 1])
  b.leave()
  b.leave()
  assert.deepEqual(told, [{ kind: 'waiting', position: 1 }, { kind: 'active' }])
})

test('a peer with many streams does not push others aside', () => {
  const slots = new UploadSlots({ ...options, slotsPerPeer: 2 })
  const greedy = [enter(slots, 'g'), enter(slots, 'g'), enter(slots, 'g'), enter(slots, 'g')]
  const modest = enter(slots, 'm')
  assert.deepEqual(states([...greedy, modest]), ['active', 'active', 2, 3, 1])
  greedy[0]!.leave()
  assert.deepEqual(states([...greedy, modest]), ['left', 'active', 1, 2, 'active'])
})

test('a peer has no more than its slots though some are free', () => {
  const slots = new UploadSlots(options)
  assert.deepEqual(states([enter(slots, 'a'), enter(slots, 'a')]), ['active', 1])
})

test('the queue is bounded, for all and for each', () => {
  const slots = new UploadSlots(options)
  for (const peer of ['a', 'b', 'a', 'a']) enter(slots, peer)
  assert.throws(() => enter(slots, 'a'), { code: 'BUSY' })
  enter(slots, 'c')
  enter(slots, 'd')
  assert.throws(() => enter(slots, 'e'), { code: 'BUSY' })
  assert.equal(slots.snapshot().queued.length, 4)
})

test('who has sent its share makes room for another peer, and only then', () => {
  const slots = new UploadSlots({ ...options, slots: 1 })
  const a = enter(slots, 'a')
  a.sent(100)
  assert.equal(a.rotate(100), false, 'nobody waits')
  const b = enter(slots, 'b')
  assert.equal(a.rotate(100), false, 'what was sent while nobody waited does not count')
  a.sent(99)
  assert.equal(a.rotate(100), false)
  a.sent(1)
  assert.equal(a.rotate(100), true)
  assert.deepEqual(states([a, b]), [1, 'active'])
  assert.equal(b.yieldIdle(), true)
  assert.deepEqual(states([a, b]), ['active', 1])
})

test('a slot is not given up for somebody who may not have it', () => {
  const slots = new UploadSlots({ ...options, slots: 3 })
  const [a] = [enter(slots, 'a'), enter(slots, 'b'), enter(slots, 'b')]
  assert.equal(a!.yieldIdle(), false)
})

test('whatever happens: never more slots than there are, nobody forgotten, places 1 to n', () => {
  const step = fc.record({
    peer: fc.constantFrom('a', 'b', 'c'),
    do: fc.constantFrom('enter', 'enter', 'leave', 'rotate', 'idle'),
    which: fc.nat(50),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const slots = new UploadSlots({ slots: 3, slotsPerPeer: 2, maxQueued: 8, maxQueuedPerPeer: 4 })
      const tickets: SlotTicket[] = []
      for (const { peer, do: what, which } of steps) {
        const ticket = tickets[which % Math.max(1, tickets.length)]
        if (what === 'enter') {
          try {
            tickets.push(enter(slots, peer))
          } catch {
            assert.ok(slots.snapshot().queued.length >= 4)
          }
        } else if (!ticket) continue
        else if (what === 'leave') tickets.splice(tickets.indexOf(ticket), 1)[0]!.leave()
        else if (what === 'idle') ticket.yieldIdle()
        else {
          ticket.sent(10)
          ticket.rotate(10)
        }
        const { active, queued } = slots.snapshot()
        assert.equal(active.length + queued.length, tickets.length)
        assert.ok(active.length <= 3)
        for (const each of ['a', 'b', 'c']) {
          const ofPeer = active.filter(({ peerId }) => peerId === each).length
          assert.ok(ofPeer <= 2)
          // Nobody waits who could have a slot.
          const waits = queued.some(({ peerId }) => peerId === each)
          assert.ok(!(waits && ofPeer < 2 && active.length < 3))
        }
        assert.deepEqual(
          queued.map(({ position }) => position),
          queued.map((_, i) => i + 1),
        )
      }
    }),
  )
})
