import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RealClock } from './real-clock.ts'

test('what is due earlier runs earlier, what is due in the same millisecond in its order, and what is cancelled not at all', async () => {
  const clock = new RealClock()
  const ran: number[] = []
  const delays = [3.9, 1.2, 1.1, 8, 1.1, 0, 2.5]
  delays.forEach((ms, i) => {
    clock.schedule(() => ran.push(i), ms)
  })
  const cancelled = clock.schedule(() => assert.fail('it was cancelled'), 9)
  clock.schedule(() => cancelled.cancel(), 0.5)
  await clock.run(20)
  assert.deepEqual(ran, [5, 1, 2, 4, 6, 0, 3])
})

test('messages on one road do not overtake one another while the loop is busy', async () => {
  const clock = new RealClock()
  const arrived: number[] = []
  let lastMs = 0
  for (let i = 0; i < 400; i++) {
    const now = clock.monotonic()
    lastMs = Math.max(now + 3 + Math.random(), lastMs)
    clock.schedule(() => arrived.push(i), lastMs - now)
    for (const begin = performance.now(); performance.now() - begin < 0.05; );
    if (i % 50 === 0) await clock.run(1)
  }
  assert.ok(await clock.runUntil(() => arrived.length === 400, 5_000))
  assert.deepEqual(
    arrived,
    [...arrived].sort((a, b) => a - b),
  )
})

test('a condition is waited for no longer than it may be', async () => {
  const clock = new RealClock()
  assert.equal(await clock.runUntil(() => false, 20), false)
  assert.equal(await clock.runUntil(() => true, 0), true)
})
