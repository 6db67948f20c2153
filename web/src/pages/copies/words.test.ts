import assert from 'node:assert/strict'
import { test } from 'node:test'
import { copiesText, dayText, holderState, keepsForText, keptState, namesPeers, orderState } from './words.ts'

test('an order, and who keeps it', () => {
  assert.deepEqual(orderState({ state: 'kept', live: 2 }).tone, 'good')
  assert.deepEqual(
    [0, 1].map((live) => orderState({ state: 'short', live }).tone),
    ['bad', 'warn'],
  )
  assert.equal(copiesText({ live: 0, wanted: 1 }), '0 of 1 copy')
  assert.equal(copiesText({ live: 2, wanted: 3 }), '2 of 3 copies')
  const holder = { peerId: 'p', name: '', state: 'fetching' } as const
  assert.equal(holderState(holder, 0).label, 'fetches it')
  assert.equal(holderState({ ...holder, doneBytes: 999 }, 1000).label, 'fetches it 99 %')
  assert.equal(holderState({ ...holder, doneBytes: 5000 }, 1000).label, 'fetches it 100 %')
  assert.equal(holderState({ ...holder, state: 'lost' }, 1).tone, 'bad')
})

test('what is kept for others', () => {
  assert.equal(keptState({ state: 'leaving', pinned: false }).label, 'will be dropped')
  assert.equal(keptState({ state: 'leaving', pinned: true }).label, 'kept')
  assert.equal(keptState({ state: 'fetching', pinned: true }).label, 'being fetched')
  const texts = (['nobody', 'trusted', 'everybody'] as const).map(keepsForText)
  assert.equal(new Set(texts).size, 3)
  assert.equal(dayText(undefined), '–')
  assert.deepEqual(['shoal:b?name=x&peer=p', 'shoal:b?name=x'].map(namesPeers), [true, false])
})
