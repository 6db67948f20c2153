import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import { fresh } from './fresh.ts'
import { Tasks } from './tasks.ts'

const started = (limit = 9) => {
  const clock = new ManualClock()
  return { clock, tasks: new Tasks<string>({ clock, limit, timeoutMs: 1_000 }) }
}

/** Ends with its signal alone. */
const forever = async (signal: AbortSignal) => {
  await once(signal, 'abort')
  throw signal.reason
}

test('what is under way is not begun again, and afterwards it is', async () => {
  const { tasks } = started()
  let begun = 0
  const { promise, resolve } = Promise.withResolvers<string>()
  const work = () => {
    begun++
    return promise
  }
  const both = [tasks.run('a', work), tasks.run('a', work)]
  resolve('done')
  assert.deepEqual([await Promise.all(both), begun], [['done', 'done'], 1])
  await tasks.run('a', work)
  assert.equal(begun, 2)
})

test('no more than the limit goes on; a failure makes room, and so does the deadline', async () => {
  const { tasks, clock } = started(1)
  const late = assert.rejects(tasks.run('a', forever), { code: 'TIMED_OUT' })
  await assert.rejects(
    tasks.run('b', async () => 'b'),
    { code: 'BUSY' },
  )
  await clock.advance(1_000)
  await late
  await assert.rejects(
    tasks.run('b', async () => {
      throw new Error('broken')
    }),
    /broken/,
  )
  assert.equal(await tasks.run('c', async () => 'c'), 'c')
})

test('at the end all of it ends', async () => {
  const { tasks, clock } = started()
  let times = 0
  tasks.every(100, () => void times++)
  await clock.advance(100)
  await clock.advance(100)
  assert.equal(times, 2)
  let hasEnded = false
  const work = tasks.run('a', (signal) =>
    forever(signal).finally(() => {
      hasEnded = true
    }),
  )
  const cancelled = assert.rejects(work, { code: 'CANCELLED' })
  await tasks.stop()
  assert.deepEqual([hasEnded, tasks.signal.aborted], [true, true])
  await cancelled
  await clock.advance(1_000)
  assert.equal(times, 2)
})

test('what is fresh is not made again', async () => {
  const clock = new ManualClock()
  let made = 0
  const value = fresh(clock, 1_000, () => ++made)
  assert.equal(made, 0)
  assert.deepEqual([value(), value()], [1, 1])
  await clock.advance(999)
  assert.equal(value(), 1)
  await clock.advance(1)
  assert.deepEqual([value(), value()], [2, 2])
})
