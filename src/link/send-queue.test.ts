import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { WRITE_AHEAD_BYTES, WRITE_AHEAD_MESSAGES } from './limits.ts'
import { SendQueue } from './send-queue.ts'

/** A queue whose stream takes a message only when `take` is called. */
function heldQueue() {
  const held: (() => void)[] = []
  const sink = new Writable({ objectMode: true, write: (_chunk, _encoding, taken) => void held.push(taken) })
  // A destroyed stream tells the messages that still waited.
  sink.on('error', () => {})
  return { sink, queue: new SendQueue(sink), take: () => held.shift()!() }
}

/** Whether `promise` is settled, once what is due has happened. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let is = false
  promise.then(
    () => (is = true),
    () => (is = true),
  )
  await turn()
  return is
}

const { signal } = new AbortController()

test('room ends at the limit of bytes and of messages, and comes back with the first that is taken', async () => {
  for (const [count, length] of [
    [2, WRITE_AHEAD_BYTES / 2],
    [WRITE_AHEAD_MESSAGES, 1],
  ] as const) {
    const { queue, take } = heldQueue()
    for (let i = 1; i < count; i++) queue.send(Buffer.alloc(length))
    assert.ok(await settled(queue.room(signal)))
    queue.send(Buffer.alloc(length))
    const room = queue.room(signal)
    assert.ok(!(await settled(room)))
    take()
    await room
  }
})

test('an abort ends the wait for room with its reason', async () => {
  const { queue } = heldQueue()
  queue.send(Buffer.alloc(WRITE_AHEAD_BYTES))
  const controller = new AbortController()
  const room = queue.room(controller.signal)
  const reason = new Error('enough')
  controller.abort(reason)
  await assert.rejects(room, reason)
})

test('it is flushed when the last message is taken', async () => {
  const { queue, take } = heldQueue()
  await queue.flushed()
  queue.send(Buffer.alloc(1))
  queue.send(Buffer.alloc(1))
  const flushed = queue.flushed()
  take()
  assert.ok(!(await settled(flushed)))
  take()
  await flushed
})

test('a destroyed stream ends the wait, though its message is never reported', async () => {
  const { sink, queue } = heldQueue()
  queue.send(Buffer.alloc(1))
  const flushed = queue.flushed()
  assert.ok(!(await settled(flushed)))
  sink.destroy()
  await flushed
  await queue.flushed()
})
