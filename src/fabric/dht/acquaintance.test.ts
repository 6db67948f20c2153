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
  const isContact = (peerId: string) => nearest.includes(peerId)
  const acquaintance = new Acquaintance({
    ...{ changes, clock, afterMs: 1_000, everyMs: 10_000, nearest: () => nearest, isContact },
    look: async () => {
      looks.push(clock.monotonic())
      return nearest
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

test('who was heard of and is missing is looked for again, more and more rarely', async () => {
  const clock = new ManualClock(0)
  const changes = new Emitter<void>()
  const looks: number[] = []
  const contacts = ['a']
  const acquaintance = new Acquaintance({
    ...{ changes, clock, afterMs: 1_000, everyMs: 10_000, nearest: () => contacts },
    isContact: (peerId) => contacts.includes(peerId),
    look: async () => {
      looks.push(clock.monotonic())
      if (looks.length === 2) throw new Error('nobody answers')
      return ['b', 'a']
    },
  })
  await clock.advance(80_000)
  assert.deepEqual(looks, [1_000, 11_000, 31_000, 71_000])
  contacts.push('b')
  changes.emit()
  await clock.advance(10_000)
  assert.deepEqual(looks.slice(4), [81_000], 'the neighbourhood is new')
  await clock.advance(1_000_000)
  assert.equal(looks.length, 5, 'nobody is missing')
  contacts.pop()
  await clock.advance(1_000_000)
  assert.equal(looks.length, 5, 'nothing was said of a change')
  changes.emit()
  await clock.advance(2_000_000)
  const pauses = looks.slice(5).map((ms, i, all) => ms - (all[i - 1] ?? ms))
  assert.deepEqual(pauses.slice(0, 8), [0, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000])
  acquaintance.stop()
})
