import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { SendOptions } from './send-file.ts'
import { MAX_SENDING, type SendFact, SendQueue } from './sending.ts'

/** Sends that end when the test says so. */
function setUp() {
  const calls: { name: string; end: (error?: Error) => void; options: SendOptions }[] = []
  const queue = new SendQueue<SendFact>(
    ({ name }, options) =>
      new Promise((resolve, reject) => {
        const end = (error?: Error) => (error ? reject(error) : resolve())
        options.signal.addEventListener('abort', () => end(new DOMException('Stopped.', 'AbortError')))
        calls.push({ name, end, options })
      }),
  )
  const states = () =>
    queue.list
      .get()
      .map(({ name, state }) => `${name} ${state.kind}`)
      .join(', ')
  return { calls, queue, states }
}
const file = (name: string, size = 10): SendFact => ({ name, size })

test('two at a time; the next one starts when one ends, however it ends', async () => {
  const { calls, queue, states } = setUp()
  queue.add([file('a'), file('b'), file('c'), file('d')])
  assert.equal(states(), 'a sending, b sending, c waiting, d waiting')
  calls[0]!.options.onProgress(10)
  calls[1]!.end(new Error('no space'))
  await turn()
  assert.equal(states(), 'a hashing, b failed, c sending, d waiting')
  assert.deepEqual(queue.list.get()[1]?.state, { kind: 'failed', message: 'no space' })
  calls[0]!.end()
  await turn()
  assert.equal(states(), 'a done, b failed, c sending, d sending')
  queue.clear()
  assert.equal(states(), 'c sending, d sending')
  assert.equal(queue.isBusy, true)
  for (const { end } of calls) end()
  await turn()
  assert.equal(queue.isBusy, false)
})

test('one that is taken off the list is not sent any further', async () => {
  const { calls, queue, states } = setUp()
  queue.add([file('a'), file('b'), file('c'), file('d')])
  const [a, , c] = queue.list.get()
  queue.remove(c!.id)
  queue.remove(a!.id)
  await turn()
  assert.equal(calls[0]!.options.signal.aborted, true)
  assert.equal(states(), 'b sending, d sending')
})

test('the list is bounded', () => {
  const { queue } = setUp()
  assert.equal(queue.add(Array.from({ length: MAX_SENDING + 3 }, (_, i) => file(`${i}`))), 3)
  assert.equal(queue.add([file('more')]), 1)
})
