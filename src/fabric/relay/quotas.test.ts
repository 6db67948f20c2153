import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import { DayQuotas } from './quotas.ts'

const DAY_MS = 86_400_000

test('counts for both ends, and refuses whom has used up a day', async () => {
  const clock = new ManualClock()
  const quotas = new DayQuotas(clock, { peerBytesPerDay: 100, bytesPerDay: 1000 })
  quotas.add(60, ['a', 'b'])
  assert.equal(quotas.remaining(['a', 'c']), 40)
  assert.equal(quotas.remaining(['c', 'd']), 100)
  assert.equal(quotas.refusal(['a', 'b']), undefined)

  await clock.advance(DAY_MS / 2)
  quotas.add(40, ['a', 'c'])
  assert.equal(quotas.remaining(['a', 'd']), 0)
  const refusal = quotas.refusal(['d', 'a'])
  assert.equal(refusal?.code, 'PEER_QUOTA')
  assert.equal(refusal?.about, 'a')
  assert.ok(refusal.retryAfterMs > 0 && refusal.retryAfterMs <= DAY_MS / 2 + 15 * 60_000)

  await clock.advance(refusal.retryAfterMs)
  assert.equal(quotas.refusal(['d', 'a']), undefined)
  assert.equal(quotas.remaining(['a', 'd']), 60)
})

test('the quota of all counts bytes once, whoever they are of', () => {
  const quotas = new DayQuotas(new ManualClock(), { peerBytesPerDay: 100, bytesPerDay: 150 })
  quotas.add(90, ['a', 'b'])
  quotas.add(60, ['c', 'd'])
  assert.equal(quotas.bytesToday, 150)
  assert.deepEqual(
    { ...quotas.refusal(['e', 'f']), retryAfterMs: 0 },
    { code: 'TOTAL_QUOTA', limit: 150, retryAfterMs: 0 },
  )
  quotas.update({ peerBytesPerDay: 100, bytesPerDay: 200 })
  assert.equal(quotas.refusal(['e', 'f']), undefined)
})

test('remembers no more than some thousand peers, those with the most bytes', () => {
  const quotas = new DayQuotas(new ManualClock(), { peerBytesPerDay: 1000, bytesPerDay: 1e9 })
  quotas.add(1000, ['heavy'])
  for (let i = 0; i < 10_000; i++) quotas.add(1, [`light ${i}`])
  assert.equal(quotas.remaining(['heavy']), 0)
  assert.ok(quotas.top(1e6).length <= 4096)
  assert.equal(quotas.top(1)[0]?.peerId, 'heavy')
})
