import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttp2, type ServerHttp2Stream } from 'node:http2'
import { type AddressInfo, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { ShoalError } from '../../base/errors.ts'
import { PeeringService } from '../../contract/gen/dialects/peering_pb.ts'
import { RpcError, unary, unaryWithStatus } from './unary.ts'
import { callUnary, isListening } from './unary-call.ts'

const never = new AbortController().signal
const from = { host: '192.0.2.1', port: 9 }
const { sendFile } = PeeringService.method
const encoded = (fileName: string) => toBinary(sendFile.input, create(sendFile.input, { fileName }))

test('a call is decoded, run and encoded', async () => {
  const [path, call] = unary(sendFile, ({ fileName }, caller) => ({ file: `${fileName} for ${caller.host}` }))
  assert.equal(path, '/peering.PeeringService/SendFile')
  const answer = fromBinary(sendFile.output, await call(encoded('a'), from))
  assert.deepEqual([answer.file, answer.status], ['a for 192.0.2.1', ''])
  await assert.rejects(call(Buffer.from('ff', 'hex'), from), { code: 'INVALID_ARGUMENT' })
})

test('how it went is in the answer, but for what fails the call', async () => {
  const errors: Record<string, Error> = {
    known: new ShoalError('NOT_FOUND', 'Nobody has it.'),
    call: new RpcError('INVALID_ARGUMENT'),
    inside: new Error('secret'),
  }
  const [, call] = unaryWithStatus(sendFile, async ({ fileName }) => {
    if (errors[fileName]) throw errors[fileName]
    return fileName === 'nothing' ? undefined : { file: fileName }
  })
  const told = async (name: string) => {
    const { status, message, file } = fromBinary(sendFile.output, await call(encoded(name), from))
    return [status, message, file]
  }
  assert.deepEqual(await told('a'), ['success', 'Done.', 'a'])
  assert.deepEqual(await told('nothing'), ['success', 'Done.', ''])
  assert.deepEqual(await told('known'), ['failed', 'Nobody has it.', ''])
  await assert.rejects(told('call'), errors.call)
  await assert.rejects(told('inside'), errors.inside)
  await assert.rejects(call(Buffer.from('ff', 'hex'), from), { code: 'INVALID_ARGUMENT' })
})

/** A server over HTTP/2 that does this with each call. */
async function serve(t: TestContext, answer: (stream: ServerHttp2Stream, asked: Buffer) => void) {
  const server = createHttp2()
  server.on('stream', async (stream: ServerHttp2Stream) => {
    stream.on('error', () => {})
    answer(stream, Buffer.concat(await Array.fromAsync(stream as AsyncIterable<Buffer>).catch(() => [])))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

const ask = (to: typeof from, { maxBytes = 100, signal = never } = {}) =>
  callUnary(to, { method: sendFile, request: { fileName: 'a' }, maxBytes, signal })

const framed = (message: Uint8Array, flag = 0) =>
  Buffer.concat([Buffer.from([flag, 0, 0, 0, message.length]), message])

test('a call to another server', async (t) => {
  const file = toBinary(sendFile.output, create(sendFile.output, { file: 'text' }))
  const asked: Buffer[] = []
  const whole = await serve(t, (stream, bytes) => {
    asked.push(bytes)
    stream.end(framed(file))
  })
  assert.equal((await ask(whole)).file, 'text')
  assert.deepEqual(asked, [framed(encoded('a'))])
  const cases: [body: Buffer, code: string][] = [
    [Buffer.alloc(0), 'UNAVAILABLE'],
    [Buffer.alloc(3), 'BAD_RESPONSE'],
    [framed(file, 1), 'BAD_RESPONSE'],
    [framed(file).subarray(0, -1), 'BAD_RESPONSE'],
    [framed(Buffer.from('ff', 'hex')), 'BAD_RESPONSE'],
    [Buffer.alloc(200), 'TOO_LARGE'],
  ]
  for (const [body, code] of cases) {
    const to = await serve(t, (stream) => stream.end(body))
    await assert.rejects(ask(to), { code }, code)
  }
  const mute = await serve(t, () => {})
  const left = new AbortController()
  const waiting = assert.rejects(ask(mute, { signal: left.signal }), /enough/)
  left.abort(new Error('enough'))
  await waiting
})

test('whether somebody listens', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const to = { host: '127.0.0.1', port }
  assert.equal(await isListening(to, never), true)
  server.close()
  await once(server, 'close')
  assert.equal(await isListening(to, never), false)
  await assert.rejects(ask(to), { code: 'UNAVAILABLE' })
  assert.equal(await isListening(to, AbortSignal.abort()), false)
})
