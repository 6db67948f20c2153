import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ManualClock } from '../../base/clock.ts'
import { RECORD_VALIDITY_MS } from './options.ts'
import { RecordStore } from './record-store.ts'

const LIMITS = { total: 100, perProvider: 30, perKey: 5 }

test('never more than the limits, whatever is told, and the count is right', () => {
  const step = fc.record({ key: fc.nat(30), peer: fc.nat(10), isRemoval: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const store = new RecordStore(new ManualClock(), LIMITS)
      for (const { key, peer, isRemoval } of steps) {
        if (isRemoval) store.remove(`k${key}`, `p${peer}`)
        else store.add(`k${key}`, `p${peer}`)
      }
      const lists = Array.from({ length: 31 }, (_, key) => store.providers(`k${key}`))
      assert.ok(lists.every((list) => list.length <= LIMITS.perKey))
      assert.equal(lists.flat().length, store.size)
      assert.ok(store.size <= LIMITS.total)
      for (let peer = 0; peer <= 10; peer++)
        assert.ok(lists.filter((list) => list.includes(`p${peer}`)).length <= LIMITS.perProvider)
    }),
  )
})

test('the latest come first, and drive out the oldest of the same key', () => {
  const store = new RecordStore(new ManualClock(), LIMITS)
  for (const peer of ['a', 'b', 'c', 'd', 'e']) store.add('key', peer)
  store.add('key', 'a')
  store.add('key', 'f')
  assert.deepEqual(store.providers('key'), ['f', 'a', 'e', 'd', 'c'])
})

test('a record counts for 48 hours after it was told last; what has expired makes room', async () => {
  const clock = new ManualClock()
  const store = new RecordStore(clock, { total: 2, perProvider: 9, perKey: 9 })
  store.add('old', 'a')
  store.add('renewed', 'a')
  await clock.advance(RECORD_VALIDITY_MS / 2)
  assert.ok(store.add('renewed', 'a'))
  assert.ok(!store.add('new', 'b'), 'it is full')
  await clock.advance(RECORD_VALIDITY_MS / 2 + 1)
  assert.deepEqual(store.providers('old'), [])
  assert.deepEqual(store.providers('renewed'), ['a'])
  assert.ok(store.add('new', 'b'))
  assert.equal(store.size, 2)
})
