import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BoundedQueue } from './queue.ts'

test('what goes in comes out once and in order, whatever the bound', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer()), fc.integer({ min: 1, max: 5 }), async (items, capacity) => {
      const queue = new BoundedQueue<number>(capacity)
      const writing = (async () => {
        for (const item of items) {
          assert.equal(await queue.push(item), true)
          assert.ok(queue.size <= capacity)
        }
        queue.close()
      })()
      const read: number[] = []
      for await (const item of queue) read.push(item)
      await writing
      assert.deepEqual(read, items)
    }),
  )
})

test('a full queue says no, or makes the writer wait', async () => {
  const queue = new BoundedQueue<string>(1)
  assert.equal(queue.tryPush('a'), true)
  assert.equal(queue.tryPush('b'), false)
  const waiting = queue.push('c')
  assert.deepEqual(await queue.next(), { value: 'a', done: false })
  assert.equal(await waiting, true)
  assert.deepEqual(await queue.next(), { value: 'c', done: false })
})

test('closing lets readers finish and turns writers away', async () => {
  const queue = new BoundedQueue<number>(1)
  queue.tryPush(1)
  const waiting = queue.push(2)
  queue.close()
  assert.equal(await waiting, false)
  assert.equal(await queue.push(3), false)
  assert.deepEqual(await queue.next(), { value: 1, done: false })
  assert.equal((await queue.next()).done, true)
})

test('a failed queue throws its error to waiting and later readers', async () => {
  const queue = new BoundedQueue<number>(1)
  const waiting = assert.rejects(queue.next(), /broken/)
  queue.fail(new Error('broken'))
  await waiting
  await assert.rejects(queue.next(), /broken/)
})

test('leaving the loop closes the queue', async () => {
  const queue = new BoundedQueue<number>(4)
  queue.tryPush(1)
  queue.tryPush(2)
  for await (const _ of queue) break
  assert.equal(queue.closed, true)
  assert.equal(await queue.push(3), false)
})
