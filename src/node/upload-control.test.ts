import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { REFUSE_MS, UploadRules } from '../transfer/upload-rules.ts'
import { UploadControl } from './upload-control.ts'

test('the owner pauses, refuses and serves those who fetch, and those who are kept from it', async () => {
  const clock = new ManualClock()
  const rules = new UploadRules(clock)
  const fetching = new Set(['a', 'b'])
  const control = new UploadControl({
    ...{ rules, clock, slots: { hasPeer: (peerId) => fetching.has(peerId) } },
    peerName: (peerId) => (peerId === 'a' ? 'anna' : ''),
  })
  assert.deepEqual(control.act('a', 'pause'), { peerId: 'a', name: 'anna', state: 'paused' })
  const refused = { peerId: 'b', name: '', state: 'refused', untilMs: clock.now() + REFUSE_MS }
  assert.deepEqual(control.act('b', 'cancel'), refused)
  assert.deepEqual(control.list(), [{ peerId: 'a', name: 'anna', state: 'paused' }, refused])
  assert.throws(() => control.act('c', 'pause'), { code: 'NOT_FOUND' })
  fetching.clear()
  assert.equal(control.act('a', 'resume').state, 'served', 'it is paused, though it fetches nothing')
  assert.throws(() => control.act('a', 'resume'), { code: 'NOT_FOUND' })
  await clock.advance(REFUSE_MS)
  assert.deepEqual(control.list(), [])
  assert.throws(() => control.act('b', 'resume'), { code: 'NOT_FOUND' })
})
