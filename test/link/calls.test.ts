import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ServiceError, status } from '@grpc/grpc-js'
import { ERRORS, ShoalError } from '../../src/base/errors.ts'
import { MIB } from '../../src/base/units.ts'
import { PeerService } from '../../src/contract/gen/shoal/v1/peer_pb.ts'
import { asIs } from '../../src/link/codec.ts'
import { all, dialAs, items, message, openPool, startServer } from './harness.ts'

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
