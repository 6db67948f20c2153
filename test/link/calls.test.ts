import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ServiceError, status } from '@grpc/grpc-js'
import { ERRORS, ShoalError } from '../../src/base/errors.ts'
import { MIB } from '../../src/base/units.ts'
import { PeerService } from '../../src/contract/gen/shoal/v1/peer_pb.ts'
import { asIs } from '../../src/link/codec.ts'
import { aborted, all, dialAs, items, message, openPool, startRelay, startServer, until } from './harness.ts'

test('every shape of call goes through, and the handler knows the caller by its certificate', async () => {
  const callers: unknown[] = []
  await using server = await startServer({
    impl: {
      unary: async ({ value }, context) => {
        callers.push([
          context.peerId,
          context.remoteAddress,
          context.remotePort > 0,
          context.header('x-note'),
        ])
        assert.equal(context.signal.aborted, false)
        return { value }
      },
    },
  })
  await using me = openPool()
  const client = me.client(server)
  assert.equal(client.remoteAddress(), undefined)
  assert.deepEqual((await client.unary(message(3), { headers: { 'x-note': 'hi' } })).value, Buffer.from([3]))
  assert.deepEqual(callers, [[me.identity.peerId, '127.0.0.1', true, 'hi']])
  assert.equal(client.remotePeerId(), server.identity.peerId)
  assert.equal(client.remoteAddress(), server.address)

  assert.deepEqual((await client.collect(items(message(1), message(2)))).value, Buffer.from([1, 2]))
  assert.equal((await client.collect(items())).value.length, 0)
  assert.equal((await all(client.spread(message(5)))).length, 5)
  assert.deepEqual(await all(client.spread(message(0))), [])
  const echoed = await all(client.chat(items(message(1), message(2), message(3))))
  assert.deepEqual(
    echoed.map(({ value }) => value[0]),
    [1, 2, 3],
  )
  assert.equal(server.server.getDebugState().connections, 1)
})

test('a header cannot change who the caller is', async () => {
  await using server = await startServer({
    impl: { unary: async (_, context) => ({ value: Buffer.from(context.peerId) }) },
  })
  await using me = openPool()
  const headers = { 'peer-id': server.identity.peerId, peerid: server.identity.peerId }
  const { value } = await me.client(server).unary({}, { headers })
  assert.equal(Buffer.from(value).toString(), me.identity.peerId)
})

test('two callers on one server are told apart', async () => {
  await using server = await startServer({
    impl: { unary: async (_, context) => ({ value: Buffer.from(context.peerId) }) },
  })
  await using one = openPool()
  await using two = openPool()
  const asked = [one, two, one, two].map(async (who) => {
    const { value } = await who.client(server).unary({})
    return [Buffer.from(value).toString(), who.identity.peerId]
  })
  for (const [told, truth] of await Promise.all(asked)) assert.equal(told, truth)
})

test('messages of 1 MiB pass in all directions; above 4 MiB they are refused on both sides', async () => {
  await using server = await startServer({
    impl: {
      unary: async ({ value }) => ({ value: value[0] === 9 ? new Uint8Array(5 * MIB) : value }),
    },
  })
  await using me = openPool()
  const client = me.client(server)
  const big = message(4, MIB)
  assert.equal((await client.unary(big)).value.length, MIB)
  for await (const { value } of client.spread(big)) assert.equal(value.length, MIB)
  assert.equal((await all(client.chat(items(big, big, big)))).length, 3)
  assert.equal((await client.collect(items(big, big, big))).value.length, 3 * MIB)
  await assert.rejects(client.unary(message(1, 5 * MIB)), { code: 'TOO_LARGE' })
  await assert.rejects(client.unary(message(9)), { code: 'TOO_LARGE' })
  assert.equal((await client.unary(message(1))).value[0], 1, 'the connection is still good')
})

test('every code of the error table survives the way, with its message', async () => {
  const codes = Object.keys(ERRORS) as (keyof typeof ERRORS)[]
  const fail = (value: Uint8Array) => {
    throw new ShoalError(codes[value[0]!]!, `no: ${codes[value[0]!]} – 数据 100%`)
  }
  await using server = await startServer({
    impl: {
      unary: async ({ value }) => fail(value),
      // biome-ignore lint/correctness/useYield: fails before it yields
      spread: async function* ({ value }) {
        fail(value)
      },
    },
  })
  await using me = openPool()
  const client = me.client(server)
  for (const [i, code] of codes.entries()) {
    const expected = { name: 'ShoalError', code, message: `no: ${code} – 数据 100%` }
    await assert.rejects(client.unary(message(i)), expected)
    await assert.rejects(all(client.spread(message(i))), expected)
  }
})

test('what else a handler throws stays inside: INTERNAL, no text, no stack', async () => {
  const secret = () => {
    throw new Error('/home/ann/secret.txt')
  }
  await using server = await startServer({
    impl: {
      unary: async () => secret(),
      collect: async () => secret(),
      spread: async function* () {
        yield message(1)
        secret()
      },
    },
  })
  await using me = openPool()
  const client = me.client(server)
  const internal = (error: ShoalError) => error.code === 'INTERNAL' && !/secret|ann/.test(error.message)
  await assert.rejects(client.unary({}), internal)
  await assert.rejects(client.collect(items()), internal)
  const seen: number[] = []
  await assert.rejects(async () => {
    for await (const { value } of client.spread({})) seen.push(value[0]!)
  }, internal)
  assert.deepEqual(seen, [1], 'what came before the error is read')
})

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
  await assert.rejects(client.unary({}, { timeoutMs: 40 }), { code: 'TIMED_OUT' })
  await assert.rejects(client.unary({}), { code: 'TIMED_OUT' }, 'the default of unary calls')
  await until(() => reasons.length === 2)
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

test('bytes that are no message are refused as INVALID_ARGUMENT', async () => {
  await using server = await startServer()
  const connection = await dialAs(server.address)
  const { promise, resolve } = Promise.withResolvers<ServiceError | null>()
  const garbage = Buffer.from([0xff, 0xff])
  connection.client.makeUnaryRequest('/shoal.test.Echo/Unary', asIs, asIs, garbage, resolve)
  const error = await promise
  assert.equal(error?.code, status.INVALID_ARGUMENT)
  assert.equal(error.metadata.get('shoal-code')[0], 'INVALID_ARGUMENT')
  await connection.close()
})

test('a method that is not there is NOT_IMPLEMENTED', async () => {
  await using server = await startServer()
  await using me = openPool()
  const other = me.pool.connect(PeerService, { addresses: [server.address] })
  await assert.rejects(other.hello({}), { code: 'NOT_IMPLEMENTED' })
})
