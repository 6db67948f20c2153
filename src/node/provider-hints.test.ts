import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { ProviderHints } from './provider-hints.ts'

const peer = (peerId: string, ...addresses: string[]) => ({ peerId, addresses })
const ids = (hints: ProviderHints, cid: string) => hints.of(cid).map(({ peerId }) => peerId)
const setup = () => {
  const clock = new ManualClock()
  const options = { maxCids: 3, maxPeers: 2, keepMs: 1000 }
  return { clock, hints: new ProviderHints({ self: 'me', clock, options }) }
}

test('what is told last comes first, and each peer once with all its addresses', async () => {
  const { hints } = setup()
  hints.remember('a', [peer('x', 'h:1'), peer('x', 'h:2')])
  assert.deepEqual(hints.of('a'), [{ peerId: 'x', name: '', addresses: ['h:1', 'h:2'] }])
  hints.remember('a', [peer('y', 'h:3')])
  assert.deepEqual(ids(hints, 'a'), ['y', 'x'])
  hints.remember('a', [peer('z')])
  assert.deepEqual(ids(hints, 'a'), ['z', 'y'], 'no more than so many')
  hints.remember('a', [peer('y', 'h:4')])
  assert.deepEqual(hints.of('a')[0], { peerId: 'y', name: '', addresses: ['h:4', 'h:3'] })
  assert.deepEqual(await Array.fromAsync(hints.providers('a')), hints.of('a'))
  assert.deepEqual(hints.of('b'), [])
})

test('a node is no hint to itself', () => {
  const { hints } = setup()
  hints.remember('a', [peer('me', 'h:1')])
  hints.remember('b', [peer('me', 'h:1'), peer('x')])
  assert.deepEqual([ids(hints, 'a'), ids(hints, 'b')], [[], ['x']])
  assert.deepEqual(hints.getDebugState(), { cids: 1 })
})

test('the CID told longest ago gives way, and all go after their time', async () => {
  const { hints, clock } = setup()
  for (const cid of ['a', 'b', 'c']) hints.remember(cid, [peer('x')])
  hints.remember('a', [peer('y')])
  hints.remember('d', [peer('x')])
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((cid) => ids(hints, cid).length),
    [2, 0, 1, 1],
  )
  await clock.advance(999)
  assert.deepEqual(ids(hints, 'a'), ['y', 'x'])
  hints.remember('a', [peer('y')])
  await clock.advance(1)
  assert.deepEqual([ids(hints, 'a'), ids(hints, 'c')], [['y', 'x'], []])
})
