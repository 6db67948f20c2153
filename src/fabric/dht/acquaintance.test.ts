import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import { Emitter } from '../../base/events.ts'
import { Acquaintance } from './acquaintance.ts'

/** Looks at times that are noted; each look is told of `others` beside the contacts. */
function newAcquaintance(contacts: string[], others: string[] = []) {
  const clock = new ManualClock(0)
  const changes = new Emitter<void>()
  const looks: number[] = []
  const acquaintance = new Acquaintance({
    ...{ changes, clock, afterMs: 1_000, everyMs: 10_000, nearest: () => contacts },
    contacts: () => new Set(contacts),
    look: async () => {
      looks.push(clock.monotonic())
      return [...contacts, ...others]
    },
  })
  const change = (...now: string[]) => {
    contacts.splice(0, contacts.length, ...now)
    changes.emit()
  }
  const pauses = () => looks.map((ms, i) => ms - (looks[i - 1] ?? 0))
  return { acquaintance, clock, changes, looks, pauses, contacts, others, change }
}

test('a neighbourhood that changes is looked for after a while, and not when it stays', async () => {
  const { acquaintance, clock, looks, change } = newAcquaintance(['a'])
  await clock.advance(5_000)
  assert.deepEqual(looks, [1_000])
  change('a')
  await clock.advance(100_000)
  assert.deepEqual(looks, [1_000], 'nothing has changed')
  change('a', 'b')
  change('a', 'b', 'c')
  await clock.advance(10_000)
  assert.deepEqual(looks, [1_000, 106_000])
  change('c', 'b', 'a')
  await clock.advance(300_000)
  assert.equal(looks.length, 2, 'the same in another order')
  acquaintance.stop()
  change()
  await clock.advance(300_000)
  assert.equal(looks.length, 2)
})

test('looks that bring nobody new become rare, until one does, or everybody is lost', async () => {
  const { acquaintance, clock, looks, pauses, others, change } = newAcquaintance(['a'])
  const live = async (seconds: number, others: (second: number) => void = () => {}) => {
    const from = looks.length
    for (let second = 0; second < seconds; second++) {
      others(second)
      change('a', `newcomer ${clock.now()}`)
      await clock.advance(1_000)
    }
    return pauses().slice(from)
  }
  assert.deepEqual(
    await live(1_400),
    [1, 20, 40, 80, 160, 300, 300, 300].map((s) => 1_000 * s),
  )
  const renewed = await live(300, (second) => others.splice(0, 1, `heard of ${second}`))
  assert.deepEqual(renewed.slice(1, 4), [10_000, 10_000, 10_000])
  others.pop()
  await live(1_000)
  assert.deepEqual(await live(100), [])
  change()
  assert.equal((await live(2)).length, 1)
  acquaintance.stop()
})

test('who was heard of and is missing is looked for again, more and more rarely', async () => {
  const { acquaintance, clock, pauses, looks, change } = newAcquaintance(['a'], ['b'])
  await clock.advance(2_000_000)
  assert.deepEqual(pauses().slice(0, 8), [1_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000])
  change('a', 'b')
  await clock.advance(300_000)
  const { length } = looks
  await clock.advance(2_000_000)
  assert.equal(looks.length, length, 'nobody is missing')
  acquaintance.stop()
})

test('a look that nobody could be asked in is repeated', async () => {
  const clock = new ManualClock(0)
  let looks = 0
  const acquaintance = new Acquaintance({
    ...{ changes: new Emitter<void>(), clock, afterMs: 1_000, everyMs: 10_000 },
    ...{ nearest: () => ['a'], contacts: () => new Set(['a']) },
    look: async () => {
      if (++looks < 3) throw new Error('nobody answers')
      return ['a']
    },
  })
  await clock.advance(300_000)
  assert.equal(looks, 3)
  acquaintance.stop()
})
