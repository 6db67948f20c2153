import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../base/random.ts'
import { Candidates, MAX_CANDIDATES } from './candidates.ts'
import { PeerHealth } from './peer-health.ts'

const options = { banMs: 10_000, retryBaseMs: 100, retryMaxMs: 1000 }
const provider = (peerId: string, addresses = ['127.0.0.1:1']) => ({ peerId, name: peerId, addresses })

function setup(...peers: string[]) {
  const health = new PeerHealth(options, seededRandom(1))
  const candidates = new Candidates(options, seededRandom(1), health)
  for (const peer of peers) candidates.offer(provider(peer))
  const take = (count: number, nowMs: number) => candidates.take(count, nowMs).map(({ peerId }) => peerId)
  return { health, candidates, take }
}

test('each is tried once at a time', () => {
  const { take, candidates } = setup('a', 'b', 'c')
  assert.equal(take(2, 0).length, 2)
  assert.equal(take(2, 0).length, 1)
  assert.deepEqual(take(2, 0), [])
  assert.deepEqual(take(-1, 0), [])
  candidates.ended('a', { kind: 'closed' }, 0)
  assert.deepEqual(take(9, 0), ['a'])
})

test('who failed rests, longer each time, and is tried after those who did not', () => {
  const { take, candidates } = setup('a', 'b')
  take(2, 0)
  candidates.ended('a', { kind: 'failed', reason: 'broke off' }, 0)
  assert.deepEqual(candidates.dropped(), [{ peerId: 'a', reason: 'broke off' }])
  assert.deepEqual(take(9, 49), [])
  assert.deepEqual(take(9, 100), ['a'])
  candidates.ended('a', { kind: 'failed', reason: 'broke off' }, 100)
  assert.deepEqual(take(9, 199), [])
  candidates.ended('b', { kind: 'closed' }, 200)
  assert.deepEqual(take(1, 1000), ['b'])
  assert.deepEqual(take(1, 1000), ['a'])
  candidates.proved('a')
  assert.deepEqual(candidates.dropped(), [])
})

test('no place or no such file is no fault', () => {
  const { take, candidates } = setup('a')
  take(1, 0)
  candidates.ended('a', { kind: 'refused', reason: 'busy' }, 0)
  assert.deepEqual(candidates.dropped(), [])
  assert.deepEqual(take(1, 0), [])
  assert.deepEqual(take(1, 1000), ['a'])
})

test('who is not welcome is told so, and comes back as one who found no place', () => {
  const { take, candidates } = setup('a')
  take(1, 0)
  candidates.ended('a', { kind: 'refused', reason: 'go away', isUnwelcome: true }, 0)
  assert.deepEqual(candidates.dropped(), [{ peerId: 'a', reason: 'go away' }])
  assert.deepEqual(take(1, 1000), ['a'])
})

test('who says when to come back is not tried before, and not sooner than it would be otherwise', () => {
  const { take, candidates } = setup('a')
  for (const [retryAfterMs, before, at] of [
    [5000, 4999, 5000],
    [0, 5000, 6000],
  ] as const) {
    const nowMs = before < 5000 ? 0 : 5000
    assert.deepEqual(take(1, nowMs), ['a'])
    candidates.ended('a', { kind: 'refused', reason: 'busy', retryAfterMs }, nowMs)
    assert.deepEqual(take(1, before), [])
    assert.deepEqual(take(1, at), ['a'])
    candidates.ended('a', { kind: 'closed' }, at)
  }
})

test('who sent wrong bytes never comes back, and is named', () => {
  const { take, candidates } = setup('a')
  take(1, 0)
  candidates.ended('a', { kind: 'banned', reason: 'wrong bytes in block 3' }, 0)
  assert.equal(candidates.offer(provider('a')), false)
  assert.deepEqual(take(1, 1e9), [])
  assert.deepEqual(candidates.dropped(), [{ peerId: 'a', reason: 'wrong bytes in block 3' }])
})

test('what other downloads found out counts here', () => {
  const { take, health } = setup('banned', 'away', 'fine')
  health.ban('banned', 'lies', 0)
  health.unreachable('away', 0)
  assert.deepEqual(take(9, 0), ['fine'])
  assert.deepEqual(take(9, 200), ['away'])
  assert.deepEqual(take(9, 20_000), ['banned'])
})

test('newer addresses replace older ones; the list is bounded', () => {
  const { candidates } = setup('a')
  assert.equal(candidates.offer(provider('a', ['10.0.0.1:2'])), false)
  candidates.offer(provider('a', []))
  assert.deepEqual(candidates.take(1, 0)[0]?.addresses, ['10.0.0.1:2'])
  for (let i = 0; i < 2000; i++) candidates.offer(provider(`p${i}`))
  assert.equal(candidates.size, MAX_CANDIDATES)
})
