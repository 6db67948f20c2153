// How calls end before their time, and how fast they may go: aborts, deadlines, back-pressure.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ShoalError } from '../../src/base/errors.ts'
import { MIB } from '../../src/base/units.ts'
import { aborted, all, message, openPool, startRelay, startServer, until } from './harness.ts'

test('an abort of the caller aborts the handler, in every shape', async () => {
  const reasons: string[] = []
  let started = 0
  const hang = async (context: Parameters<typeof aborted>[0]): Promise<never> => {
    started++
    const reason = await aborted(context)
    reasons.push((reason as ShoalError).code)
    throw reason
  }
  await using server = await startServer({
    impl: {
      unary: (_, context) => hang(context),
      collect: (_, context) => hang(context),
      // biome-ignore lint/correctness/useYield: hangs before it yields
      spread: async function* (_, context) {
        await hang(context)
      },
      // biome-ignore lint/correctness/useYield: hangs before it yields
      chat: async function* (_, context) {
        await hang(context)
      },
    },
  })
  await using me = openPool()
  const client = me.client(server)
  const never = async function* () {
    await new Promise(() => {})
    yield {}
  }
  const controller = new AbortController()
  const { signal } = controller
  const calls = [
    client.unary({}, { signal }),
    client.collect(never(), { signal }),
    all(client.spread({}, { signal })),
    all(client.chat(never(), { signal })),
  ]
  const results = Promise.allSettled(calls)
  await until(() => started === 4)
  controller.abort()
  for (const result of await results)
    assert.equal(result.status === 'rejected' && result.reason.code, 'CANCELLED')
  await until(() => reasons.length === 4)
  assert.deepEqual(reasons, Array(4).fill('CANCELLED'))
  await assert.rejects(client.unary({}, { signal }), { code: 'CANCELLED' }, 'aborted before it began')
})

test('leaving a response stream cancels the call', async () => {
  const ended = Promise.withResolvers<unknown>()
  await using server = await startServer({
    impl: {
      spread: async function* (request, context) {
        aborted(context).then(ended.resolve)
        for (;;) yield request
      },
    },
  })
  await using me = openPool()
  for await (const { value } of me.client(server).spread(message(1))) {
    assert.equal(value[0], 1)
    break
  }
  assert.equal(((await ended.promise) as ShoalError).code, 'CANCELLED')
})

test('a deadline ends the call on both sides as TIMED_OUT', async () => {
  const reasons: string[] = []
  await using server = await startServer({
    impl: {
      unary: async (_, context) => {
        const reason = (await aborted(context)) as ShoalError
        reasons.push(reason.code)
        throw reason
      },
    },
  })
  await using me = openPool({ options: { callTimeoutMs: 80 } })
  const client = me.client(server)
  // On a busy machine a deadline may pass before the call has reached the server: then there is nothing to be seen there.
  const untilSeen = async (count: number, call: () => Promise<unknown>, why: string) => {
    for (let tries = 0; tries < 5 && reasons.length < count; tries++) {
      await assert.rejects(call(), { code: 'TIMED_OUT' }, why)
      await until(() => reasons.length >= count).catch(() => {})
    }
    assert.ok(reasons.length >= count, why)
  }
  await untilSeen(1, () => client.unary({}, { timeoutMs: 40 }), 'a deadline of the call')
  await untilSeen(2, () => client.unary({}), 'the default of unary calls')
  // The caller's own timer and the one it sent to the server are in a race; both end the handler.
  for (const code of reasons) assert.ok(code === 'TIMED_OUT' || code === 'CANCELLED', code)
})

test('a request source that throws ends the call with its error, and the handler is aborted', async () => {
  const ended = Promise.withResolvers<unknown>()
  const seen = Promise.withResolvers<void>()
  await using server = await startServer({
    impl: {
      collect: async (requests, context) => {
        aborted(context).then(ended.resolve)
        for await (const _ of requests) seen.resolve()
        assert.fail('an abandoned stream was taken for a complete one')
      },
    },
  })
  await using me = openPool()
  const source = async function* (ready: Promise<void>) {
    yield message(1)
    await ready
    throw new ShoalError('FILE_CHANGED')
  }
  const client = me.client(server)
  await assert.rejects(client.collect(source(seen.promise)), { code: 'FILE_CHANGED' })
  assert.equal(((await ended.promise) as ShoalError).code, 'CANCELLED')
  await assert.rejects(all(client.chat(source(Promise.resolve()))), { code: 'FILE_CHANGED' })
})

test('requests that break off are never taken for complete: cancelled, or the connection lost', async () => {
  const ends: unknown[] = []
  let seen = Promise.withResolvers<void>()
  await using server = await startServer({
    impl: {
      collect: async (requests, context) => {
        try {
          for await (const _ of requests) seen.resolve()
          ends.push('complete')
        } catch (error) {
          ends.push([(error as ShoalError).code, context.signal.aborted])
        }
        return {}
      },
    },
  })
  const stuck = async function* () {
    yield message(1)
    await new Promise(() => {})
  }
  for (const leave of ['cancel', 'close the pool', 'lose the connection'] as const) {
    await using relay = await startRelay(server.port)
    await using me = openPool()
    seen = Promise.withResolvers()
    const controller = new AbortController()
    const client = me.client({ ...server, address: relay.address })
    const call = client.collect(stuck(), { signal: controller.signal })
    const failed = assert.rejects(call, {
      code: leave === 'lose the connection' ? 'UNAVAILABLE' : 'CANCELLED',
    })
    await seen.promise
    const before = ends.length
    if (leave === 'cancel') controller.abort()
    else if (leave === 'close the pool') await me.pool.close()
    else relay.cut()
    await failed
    await until(() => ends.length > before)
  }
  assert.deepEqual(ends, Array(3).fill(['CANCELLED', true]))
})

test('a handler may answer before it has read all requests; the source is ended', async () => {
  await using server = await startServer({
    impl: {
      collect: async (requests) => {
        for await (const request of requests) return request
        return {}
      },
    },
  })
  await using me = openPool()
  const ended = Promise.withResolvers<string>()
  const endless = async function* () {
    try {
      for (;;) yield message(6, 1000)
    } finally {
      ended.resolve('ended')
    }
  }
  assert.equal((await me.client(server).collect(endless())).value[0], 6)
  assert.equal(await ended.promise, 'ended')
})

test('a slow reader of responses holds the handler back', async () => {
  let made = 0
  await using server = await startServer({
    impl: {
      spread: async function* () {
        for (; made < 200; made++) yield message(1, MIB)
      },
    },
  })
  await using me = openPool()
  const responses = me.client(server).spread({})[Symbol.asyncIterator]()
  await responses.next()
  let before = -1
  while (made !== before) {
    before = made
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  // Window (16), read ahead, write ahead, and what the sockets hold: nowhere near 200.
  assert.ok(made < 60, `${made} messages of 1 MiB were made for a reader that took 1`)
  await responses.return?.()
})

test('a slow reader of requests holds the source back, and a late one gets everything', async () => {
  const read = Promise.withResolvers<void>()
  await using server = await startServer({
    impl: {
      collect: async (requests) => {
        await read.promise
        let count = 0
        for await (const _ of requests) count++
        return message(count)
      },
    },
  })
  await using me = openPool()
  let made = 0
  const source = async function* () {
    for (; made < 60; made++) yield message(1, MIB)
  }
  const answer = me.client(server).collect(source())
  let before = -1
  while (made !== before || made === 0) {
    before = made
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  assert.ok(made < 25, `${made} messages of 1 MiB were made for a reader that took none`)
  read.resolve()
  assert.equal((await answer).value[0], 60)
})
