import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Limiter } from './limiter.ts'

test('never more at once than allowed, and all get their turn', async () => {
  const limiter = new Limiter(2)
  let running = 0
  let most = 0
  const task = async () => {
    running++
    most = Math.max(most, running)
    await new Promise((resolve) => setImmediate(resolve))
    running--
  }
  await Promise.all(Array.from({ length: 20 }, () => limiter.run(task)))
  assert.equal(most, 2)
})

test('who gives up while waiting frees the place in the queue', async () => {
  const limiter = new Limiter(1)
  const { promise, resolve } = Promise.withResolvers<void>()
  const first = limiter.run(() => promise)
  const controller = new AbortController()
  const second = assert.rejects(
    limiter.run(() => assert.fail('must not run'), controller.signal),
    /left/,
  )
  const third = limiter.run(() => 'third')
  controller.abort(new Error('left'))
  await second
  assert.equal(limiter.waiting, 1)
  resolve()
  await first
  assert.equal(await third, 'third')
})
