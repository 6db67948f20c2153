import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import { Pace } from './pace.ts'

const signal = new AbortController().signal

/** Whether it is settled by now, on a clock that stands still. */
async function isOver(promise: Promise<void>): Promise<boolean> {
  let over = false
  void promise.then(() => {
    over = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  return over
}

function setup({ rate = 0 } = {}) {
  const clock = new ManualClock()
  const state = { isBusy: false, rate }
  const pace = new Pace({ clock, isBusy: () => state.isBusy, bytesPerSecond: () => state.rate })
  return { clock, pace, state }
}

test('with nothing else to do all read, one after the other, without a rest', async () => {
  const { pace } = setup()
  for (const reader of [0, 1, 2]) {
    assert.equal(await isOver(pace.before(reader, 1e9, signal)), true)
    assert.equal(await isOver(pace.after(1000, signal)), true)
  }
})

test('while the node is busy only the first reads, a quarter of the time; the others go on when it is not', async () => {
  const { clock, pace, state } = setup()
  state.isBusy = true
  assert.equal(await isOver(pace.before(0, 1, signal)), true)
  const second = pace.before(1, 1, signal)
  assert.equal(await isOver(second), false)
  const rest = pace.after(100, signal)
  await clock.advance(299)
  assert.equal(await isOver(rest), false)
  await clock.advance(1)
  assert.equal(await isOver(rest), true)
  const long = pace.after(60_000, signal)
  await clock.advance(2000)
  assert.equal(await isOver(long), true)
  assert.equal(await isOver(second), false)
  state.isBusy = false
  await clock.advance(250)
  assert.equal(await isOver(second), true)
})

test('a limit of bytes a second holds for all readers together, and can change', async () => {
  const { clock, pace, state } = setup({ rate: 1000 })
  assert.equal(await isOver(pace.before(0, 500, signal)), true)
  const [two, three] = [pace.before(1, 1000, signal), pace.before(2, 1, signal)]
  await clock.advance(500)
  assert.deepEqual([await isOver(two), await isOver(three)], [true, false])
  await clock.advance(1000)
  assert.equal(await isOver(three), true)
  state.rate = 0
  assert.equal(await isOver(pace.before(0, 1e12, signal)), true)
})

test('who waits for a limit that is far too low goes on as soon as it is raised, and not before', async () => {
  const timers: number[] = []
  const { clock, pace, state } = setup({ rate: 1 })
  const schedule = clock.schedule.bind(clock)
  clock.schedule = (fn, ms) => {
    timers.push(ms)
    return schedule(fn, ms)
  }
  await pace.before(0, 32 * 1024 * 1024, signal)
  const next = pace.before(0, 1, signal)
  await clock.advance(3600_000)
  assert.equal(await isOver(next), false)
  assert.ok(Math.max(...timers) < 2 ** 31, 'no timer is longer than timers can be')
  state.rate = 1e9
  await clock.advance(250)
  assert.equal(await isOver(next), true)
})

test('an abort ends every wait', async () => {
  const { pace, state } = setup({ rate: 1 })
  state.isBusy = true
  const controller = new AbortController()
  const waits = [pace.before(1, 1, controller.signal), pace.after(100, controller.signal)]
  controller.abort(new Error('enough'))
  for (const wait of waits) await assert.rejects(wait, /enough/)
})
