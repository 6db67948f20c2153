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

test('who only takes comes after those who pass on what they get, and is not forgotten', async () => {
  const turns = new UploadTurns(new ManualClock(), { ...OPTIONS, turns: 1 })
  const order: string[] = []
  const release = turns.tryTake('first')!
  const take = (peerId: string, gives: boolean) =>
    turns.take(peerId, never, gives).then((done) => {
      order.push(peerId)
      setImmediate(done)
    })
  void take('taker', false)
  for (let i = 0; i < 6; i++) void take(`giver ${i}`, true)
  release()
  for (let i = 0; i < 20; i++) await turn()
  assert.equal(order.length, 7)
  const at = order.indexOf('taker')
  assert.ok(at > 0 && at < 6, `the taker was number ${at + 1}`)
})

test('while others are served, those who only take have one turn between them', async () => {
  const clock = new ManualClock()
  const turns = new UploadTurns(clock, OPTIONS)
  turns.noteGiver()
  const release = turns.tryTake('a', false)
  assert.ok(release)
  assert.equal(turns.tryTake('b', false), undefined)
  assert.ok(turns.tryTake('giver', true))
  release()
  assert.ok(turns.tryTake('b', false))
  // Alone they have all.
  const alone = new UploadTurns(clock, OPTIONS)
  assert.ok(alone.tryTake('a', false) && alone.tryTake('b', false))
})
