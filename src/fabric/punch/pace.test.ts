import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import { PunchPace } from './pace.ts'

const MINUTE = 60_000

test('one attempt for a peer at a time, four in all', () => {
  const pace = new PunchPace(new ManualClock())
  assert.deepEqual(
    ['a', 'a', 'b', 'c', 'd', 'e'].map((peerId) => pace.begin(peerId)),
    [true, false, true, true, true, false],
  )
  pace.end('a', true)
  assert.ok(pace.begin('a'))
})

test('after a failure a peer is left alone, longer each time; a success makes good for all', async () => {
  const clock = new ManualClock()
  const pace = new PunchPace(clock)
  for (const restMinutes of [10, 20, 40]) {
    assert.ok(pace.begin('a'))
    pace.end('a', false)
    await clock.advance(restMinutes * MINUTE - 1)
    assert.equal(pace.begin('a'), false)
    await clock.advance(1)
  }
  assert.ok(pace.begin('a'))
  pace.end('a', true)
  assert.ok(pace.begin('a'))
})

test('of what others wish so much is followed in a minute, and no more', async () => {
  const clock = new ManualClock()
  const pace = new PunchPace(clock)
  const followed = () => Array.from({ length: 100 }, () => pace.mayFollow()).filter(Boolean).length
  assert.equal(followed(), 30)
  await clock.advance(MINUTE)
  assert.equal(followed(), 30)
})
