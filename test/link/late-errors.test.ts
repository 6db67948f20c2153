// Errors that a handler throws while what it sent before still waits to be taken.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ShoalError } from '../../src/base/errors.ts'
import { MIB } from '../../src/base/units.ts'
import { type EchoImpl, items, message, openPool, startServer, until } from './harness.ts'

const CALLS = 8
const CHANGED = { name: 'ShoalError', code: 'FILE_CHANGED', message: 'It was changed.' }

async function* neverEnding() {
  yield message(1)
  await new Promise(() => {})
}

/** Handlers that send four messages of 1 MiB and fail at once; `chat` waits for requests meanwhile. */
function failing() {
  const seen = { thrown: 0, readersEnded: 0 }
  const fail = async function* () {
    yield* items(...[0, 1, 2, 3].map((first) => message(first, MIB)))
    seen.thrown++
    throw new ShoalError('FILE_CHANGED', CHANGED.message)
  }
  const impl: Partial<EchoImpl> = {
    spread: fail,
    chat: async function* (requests) {
      const reader = requests[Symbol.asyncIterator]()
      await reader.next()
      const ended = () => void seen.readersEnded++
      reader.next().then(ended, ended)
      yield* fail()
    },
  }
  return { seen, impl }
}

for (const shape of ['chat', 'spread'] as const)
  test(`slow readers of ${shape} get every message and then the very error`, async () => {
    const { seen, impl } = failing()
    await using server = await startServer({ impl })
    await using me = openPool()
    const client = me.client(server)
    const call = async () => {
      // A lost status would end the call as TIMED_OUT.
      const options = { timeoutMs: 10_000 }
      const responses = shape === 'chat' ? client.chat(neverEnding(), options) : client.spread({}, options)
      const got: number[] = []
      await assert.rejects(async () => {
        for await (const { value } of responses) {
          got.push(value[0]!)
          await delay(10)
        }
      }, CHANGED)
      assert.deepEqual(got, [0, 1, 2, 3])
    }
    await Promise.all(Array.from({ length: CALLS }, call))
    assert.equal(seen.thrown, CALLS)
    if (shape === 'chat') await until(() => seen.readersEnded === CALLS)
  })

test('callers that leave before the error has reached them leave nothing behind', async () => {
  const { seen, impl } = failing()
  await using server = await startServer({ impl })
  await using me = openPool()
  const client = me.client(server)
  const call = async () => {
    for await (const { value } of client.chat(neverEnding())) {
      assert.equal(value[0], 0)
      break
    }
  }
  await Promise.all(Array.from({ length: CALLS }, call))
  await until(() => seen.readersEnded === CALLS)
  assert.equal((await client.unary(message(5))).value[0], 5, 'the connection is still good')
  // Waits for every call of the connection.
  await Promise.all([me.pool.close(), server.server.stop({ graceMs: 5000 })])
  assert.equal(server.server.getDebugState().connections, 0)
})
