import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import { Emitter } from '../../base/events.ts'
import { Acquaintance } from './acquaintance.ts'

test('a neighbourhood that changes is looked for after a while, not too often, and not when it stays', async () => {
  const clock = new ManualClock(0)
  const changes = new Emitter<void>()
  const looks: number[] = []
  let nearest = ['a']
  const acquaintance = new Acquaintance({
    ...{ changes, clock, afterMs: 1_000, everyMs: 10_000, nearest: () => nearest },
    look: async () => {
      looks.push(clock.monotonic())
      if (looks.length === 3) throw new Error('nobody answers')
    },
  })
  await clock.advance(5_000)
  assert.deepEqual(looks, [1_000])
  changes.emit()
  await clock.advance(15_000)
  assert.deepEqual(looks, [1_000], 'nothing has changed')
  for (const peer of ['b', 'c', 'd']) {
    nearest = [...nearest, peer]
    changes.emit()
    await clock.advance(800)
  }
  await clock.advance(30_000)
  assert.deepEqual(looks, [1_000, 21_000, 31_000])
  nearest = ['d', 'c', 'b', 'a']
  changes.emit()
  await clock.advance(30_000)
  assert.equal(looks.length, 3, 'the same in another order')
  acquaintance.stop()
  nearest = []
  changes.emit()
  await clock.advance(30_000)
  assert.equal(looks.length, 3)
})
