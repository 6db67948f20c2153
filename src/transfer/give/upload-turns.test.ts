import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import { UploadTurns } from './upload-turns.ts'

const OPTIONS = { turns: 2, slowTimes: 4, slowMs: 1000 }
const never = new AbortController().signal
const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Takes turns and notes in which order they come. */
function takers(turns: UploadTurns) {
  const order: string[] = []
  const releases = new Map<string, () => void>()
  const take = (peerId: string, signal = never) =>
    turns.take(peerId, signal).then((release) => {
      order.push(peerId)
      releases.set(peerId, release)
    })
  return { order, take, release: (peerId: string) => releases.get(peerId)!() }
}

test('so many at once; the next turn goes to whoever had none for longest', async () => {
  const { order, take, release } = takers(new UploadTurns(new ManualClock(), OPTIONS))
  for (const peer of ['a', 'b', 'a', 'b', 'c']) void take(peer)
  await turn()
  assert.deepEqual(order, ['a', 'b'])
  release('a')
  await turn()
  assert.deepEqual(order, ['a', 'b', 'c'])
  release('b')
  await turn()
  assert.deepEqual(order, ['a', 'b', 'c', 'a'])
})

test('alone nobody waits', () => {
  const turns = new UploadTurns(new ManualClock(), OPTIONS)
  for (let i = 0; i < 5; i++) turns.tryTake('a')!()
  const [one, two] = [turns.tryTake('a'), turns.tryTake('a')]
  assert.ok(one && two)
  assert.equal(turns.tryTake('a'), undefined)
  one()
  one()
  assert.ok(turns.tryTake('a'))
  assert.equal(turns.tryTake('a'), undefined, 'released twice is released once')
})

test('slow receivers do not hold up the others', async () => {
  const clock = new ManualClock()
  const { order, take } = takers(new UploadTurns(clock, OPTIONS))
  for (const peer of ['slow', 'slower', 'quick']) void take(peer)
  await clock.advance(900)
  await turn()
  assert.deepEqual(order, ['slow', 'slower'])
  await clock.advance(300)
  await turn()
  assert.deepEqual(order, ['slow', 'slower', 'quick'])
})

test('who goes away while it waits is forgotten', async () => {
  const { order, take, release } = takers(new UploadTurns(new ManualClock(), { ...OPTIONS, turns: 1 }))
  const abort = new AbortController()
  void take('a')
  const leaving = take('b', abort.signal)
  void take('c')
  await turn()
  abort.abort(new Error('gone'))
  await assert.rejects(leaving, /gone/)
  await assert.rejects(take('d', abort.signal), /gone/)
  release('a')
  await turn()
  assert.deepEqual(order, ['a', 'c'])
})
