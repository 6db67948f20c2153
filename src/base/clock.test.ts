import assert from 'node:assert/strict'
import { test } from 'node:test'
import { every, ManualClock, sleep } from './clock.ts'

test('timers fire in order of their due time, cancelled ones never', async () => {
  const clock = new ManualClock(0)
  const fired: string[] = []
  clock.schedule(() => fired.push('b'), 20)
  clock.schedule(() => fired.push('a'), 10)
  clock.schedule(() => fired.push('never'), 15).cancel()
  await clock.advance(9)
  assert.deepEqual(fired, [])
  await clock.advance(11)
  assert.deepEqual(fired, ['a', 'b'])
  assert.equal(clock.now(), 20)
})

test('sleep ends at its time or with the reason of the abort', async () => {
  const clock = new ManualClock(0)
  let done = false
  const sleeping = sleep(clock, 100).then(() => {
    done = true
  })
  await clock.advance(99)
  assert.equal(done, false)
  await clock.advance(1)
  await sleeping
  const controller = new AbortController()
  const aborted = sleep(clock, 100, controller.signal)
  controller.abort(new Error('enough'))
  await assert.rejects(aborted, /enough/)
  await assert.rejects(sleep(clock, 1, controller.signal), /enough/)
})

test('every never overlaps and stops when told', async () => {
  const clock = new ManualClock(0)
  let running = 0
  let calls = 0
  const timer = every(clock, 10, async () => {
    running++
    calls++
    assert.equal(running, 1)
    await sleep(clock, 25)
    running--
  })
  await clock.advance(10 + 25 + 10 + 25)
  assert.equal(calls, 2)
  timer.cancel()
  await clock.advance(100)
  assert.equal(calls, 2)
})
