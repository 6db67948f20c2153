import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import { BoundedQueue } from '../../base/queue.ts'
import { ackedStream } from './acked-stream.ts'

const never = new AbortController().signal
const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** A server that reads all it gets and answers when the test says so. */
function setUp({ total = 10, window = 3, stallMs = 1000, signal = never } = {}) {
  const clock = new ManualClock()
  const received: number[] = []
  const acks = new BoundedQueue<string>(100)
  let callSignal: AbortSignal | undefined
  const call = (requests: AsyncIterable<number>, given: AbortSignal): AsyncIterable<string> => {
    callSignal = given
    void (async () => {
      for await (const request of requests) received.push(request)
    })()
    given.addEventListener('abort', () => acks.fail(given.reason))
    return acks
  }
  const requests = Array.from({ length: total }, (_, i) => i)
  const answers = Array.fromAsync(ackedStream(call, requests, { window, stallMs, clock, signal }))
  answers.catch(() => {})
  return { clock, received, acks, answers, callSignal: () => callSignal }
}

test('never sends more than the window ahead of the answers', async () => {
  const { received, acks, answers } = setUp()
  await turns(3)
  assert.deepEqual(received, [0, 1, 2])
  acks.tryPush('a')
  acks.tryPush('b')
  await turns(3)
  assert.deepEqual(received, [0, 1, 2, 3, 4])
  for (let i = 0; i < 8; i++) {
    acks.tryPush('c')
    await turns(3)
  }
  acks.close()
  assert.equal((await answers).length, 10)
})

test('is given up when the answers stop coming, not while they come', async () => {
  const { clock, acks, answers, callSignal } = setUp()
  for (let i = 0; i < 3; i++) {
    await clock.advance(900)
    acks.tryPush('a')
    await turns(3)
  }
  assert.equal(callSignal()!.aborted, false)
  await clock.advance(1000)
  await assert.rejects(answers, { code: 'TIMED_OUT' })
  assert.equal(callSignal()!.aborted, true)
})

test('an abort ends the call with its reason', async () => {
  const abort = new AbortController()
  const { answers, callSignal } = setUp({ signal: abort.signal })
  await turns(3)
  abort.abort(new Error('enough'))
  await assert.rejects(answers, { message: 'enough' })
  assert.equal(callSignal()!.aborted, true)
})

test('too many answers, and too few, make no sense', async () => {
  const many = setUp({ total: 1 })
  await turns(3)
  many.acks.tryPush('a')
  many.acks.tryPush('b')
  await assert.rejects(many.answers, { code: 'BAD_RESPONSE' })
  const few = setUp()
  few.acks.tryPush('a')
  await turns(3)
  few.acks.close()
  await assert.rejects(few.answers, { code: 'BAD_RESPONSE', message: /after 1 of/ })
})
