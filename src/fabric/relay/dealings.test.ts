import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import { RelayDealings } from './dealings.ts'

test('a relay is dealt with while something goes on there, and a minute longer', async () => {
  const clock = new ManualClock()
  const dealings = new RelayDealings(clock)
  assert.equal(dealings.has('r'), false)
  const release = dealings.hold('r')
  await clock.advance(86_400_000)
  assert.equal(dealings.has('r'), true)
  release()
  release()
  await clock.advance(59_000)
  assert.equal(dealings.has('r'), true)
  await clock.advance(2000)
  assert.equal(dealings.has('r'), false)
})

test('also while somebody else says so', () => {
  const dealings = new RelayDealings(new ManualClock())
  dealings.alsoWhile((relayId) => relayId === 'reserved')
  assert.equal(dealings.has('reserved'), true)
  assert.equal(dealings.has('other'), false)
})

test('remembers a bounded number of relays, the latest', () => {
  const dealings = new RelayDealings(new ManualClock())
  for (let i = 0; i < 1000; i++) dealings.note(`r${i}`)
  assert.equal(dealings.has('r999'), true)
  assert.equal(dealings.has('r0'), false)
})
