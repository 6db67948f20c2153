import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallerLimits } from './caller-limits.ts'
import { ManualClock } from './clock.ts'

const RATES = { caller: { burst: 2000, perSecond: 200 }, total: { burst: 10_000, perSecond: 1000 } }

test('callers have a rate each, and one together', async () => {
  const clock = new ManualClock()
  const limits = new CallerLimits(clock, RATES)
  assert.equal(limits.take('a', RATES.caller.burst), true)
  assert.equal(limits.take('a', 1), false)
  assert.equal(limits.take('b', RATES.caller.burst), true)
  await clock.advance(1000)
  assert.equal(limits.take('a', RATES.caller.perSecond + 1), false)
  assert.equal(limits.take('a', RATES.caller.perSecond), true)
  await clock.advance(60_000)
  let taken = 0
  for (let i = 0; limits.take(`c${i}`, RATES.caller.burst); i++) taken += RATES.caller.burst
  assert.equal(taken, RATES.total.burst)
  assert.equal(limits.take('fresh', 1), false)
})
