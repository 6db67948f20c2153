import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Stream } from '@libp2p/interface'
import { systemClock } from '../../base/clock.ts'
import { createIdentity } from '../../link/identity.ts'
import { Exchange } from './exchange.ts'
import { ADD_PROVIDER, encodeMessage, frame, GET_PROVIDERS, PING, varint } from './message.ts'
import { KAD_PROTOCOL, MAX_ANSWER_BYTES } from './options.ts'
import { type DhtHost, startDhtHost } from './testing/hosts.ts'

const KEY = Buffer.from(`1220${'ab'.repeat(32)}`, 'hex')
const question = { type: GET_PROVIDERS, key: KEY }
const newContext = (signal = AbortSignal.timeout(10_000)) => ({
  signal,
  cost: { messages: 0, bytes: 0, asked: 0 },
})

let asker: DhtHost
let answerer: DhtHost
/** What the answerer does with a stream, after the first bytes have come. */
let answer: (stream: Stream, first: Uint8Array) => void | Promise<void> = () => {}
let exchange: Exchange

before(async () => {
  const client = { service: { server: false } }
  ;[asker, answerer] = await Promise.all([startDhtHost(client), startDhtHost(client)])
  await answerer.libp2p.handle(KAD_PROTOCOL, async (stream) => {
    for await (const chunk of stream) await answer(stream, chunk.subarray())
  })
  exchange = new Exchange({
    libp2p: asker.libp2p,
    protocol: KAD_PROTOCOL,
    clock: systemClock,
    exchangeMs: 500,
  })
})
after(() => Promise.all([asker.stop(), answerer.stop()]))

const peer = () => ({ peerId: answerer.peerId, addresses: [answerer.address] })

test('an answer is read, in whatever pieces it comes, and what it cost is counted', async () => {
  const provider = {
    id: answerer.libp2p.peerId.toMultihash().bytes,
    addresses: [Uint8Array.of(4, 127, 0, 0, 1)],
  }
  const bytes = frame({ ...question, providers: [provider] })
  answer = async (stream) => {
    for (const byte of bytes) {
      stream.send(Uint8Array.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const context = newContext()
  const read = await exchange.ask(peer(), question, context)
  assert.equal(read.providers?.length, 1)
  assert.deepEqual(context.cost, { messages: 2, bytes: frame(question).length + bytes.length, asked: 1 })
})

const bad: [what: string, answer: (stream: Stream) => void, code: string][] = [
  ['too long', (stream) => void stream.send(varint(MAX_ANSWER_BYTES + 1)), 'BAD_RESPONSE'],
  ['longer than any number', (stream) => void stream.send(new Uint8Array(20).fill(0xff)), 'BAD_RESPONSE'],
  [
    'no message',
    (stream) => void stream.send(Buffer.concat([varint(4), Uint8Array.of(0x0f, 1, 2, 3)])),
    'BAD_RESPONSE',
  ],
  ['something else', (stream) => void stream.send(frame({ type: PING })), 'BAD_RESPONSE'],
  ['nothing, and closed', (stream) => void stream.close(), 'UNAVAILABLE'],
  ['nothing, and torn', (stream) => stream.abort(new Error('torn')), 'UNAVAILABLE'],
  ['nothing at all', () => {}, 'TIMED_OUT'],
]
for (const [what, doing, code] of bad) {
  test(`an answer that is ${what} fails with ${code}`, async () => {
    answer = doing
    await assert.rejects(exchange.ask(peer(), question, newContext()), { code })
    assert.equal(await exchange.ping(peer(), newContext()), what === 'something else')
  })
}

test('nobody there fails soon, an abort at once', async () => {
  const nobody = { peerId: createIdentity().peerId, addresses: ['/memory/nowhere'] }
  await assert.rejects(exchange.ask(nobody, question, newContext()), { code: 'UNAVAILABLE' })
  answer = () => {}
  const abort = new AbortController()
  const asked = exchange.ask(peer(), question, newContext(abort.signal))
  abort.abort(new Error('enough'))
  await assert.rejects(asked, /enough/)
})

test('a stream that never opens is not waited for', async () => {
  const never = { dialProtocol: () => new Promise(() => {}) } as unknown as typeof asker.libp2p
  const stuck = new Exchange({ libp2p: never, protocol: KAD_PROTOCOL, clock: systemClock, exchangeMs: 50 })
  await assert.rejects(stuck.ask(peer(), question, newContext()), { code: 'TIMED_OUT' })
})

test('a stream that opens too late is not read for ever', async () => {
  answer = () => {}
  const abort = new AbortController()
  const late = {
    dialProtocol: async () => {
      const stream = await asker.libp2p.dialProtocol(answerer.libp2p.peerId, KAD_PROTOCOL)
      abort.abort(new Error('enough'))
      return stream
    },
  }
  const libp2p = late as unknown as typeof asker.libp2p
  const slow = new Exchange({ libp2p, protocol: KAD_PROTOCOL, clock: systemClock, exchangeMs: 60_000 })
  await assert.rejects(slow.ask(peer(), question, newContext(abort.signal)), /enough/)
})

test('what is told goes over one stream, and waits for an answer after each batch', async () => {
  const chunks: Uint8Array[] = []
  answer = (stream, bytes) => {
    chunks.push(bytes)
    const ping = Buffer.from(frame({ type: PING }))
    for (let at = Buffer.from(bytes).indexOf(ping); at >= 0; at = Buffer.from(bytes).indexOf(ping, at + 1))
      stream.send(ping)
  }
  const records = Array.from({ length: 10 }, (_, i) =>
    frame({ type: ADD_PROVIDER, key: Buffer.concat([KEY.subarray(0, 33), Uint8Array.of(i)]) }),
  )
  const context = newContext()
  await exchange.tell(peer(), records, 4, context)
  const pings = [4, 4, 2].flatMap((count, i) => [
    ...records.slice(4 * i, 4 * i + count),
    frame({ type: PING }),
  ])
  assert.deepEqual(Buffer.concat(chunks), Buffer.concat(pings))
  assert.deepEqual(context.cost.messages, 10 + 2 * 3)
  assert.equal(encodeMessage({ type: PING }).length + 1, frame({ type: PING }).length)
})

test('who does not say that it took them has not', async () => {
  answer = () => {}
  await assert.rejects(exchange.tell(peer(), [frame(question)], 4, newContext()), { code: 'TIMED_OUT' })
})

test('a stream that neither says anything nor takes an abort holds nobody up', async () => {
  const deaf = {
    send: () => true,
    abort: () => {},
    close: async () => {},
    [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }),
  } as unknown as Stream
  const libp2p = { dialProtocol: async () => deaf } as unknown as typeof asker.libp2p
  const setup = { libp2p, protocol: KAD_PROTOCOL, clock: systemClock }
  const patient = new Exchange({ ...setup, exchangeMs: 10_000 })
  const life = AbortSignal.timeout(50)
  await assert.rejects(patient.ask(peer(), question, newContext(life)), { name: 'TimeoutError' })
  const hurried = new Exchange({ ...setup, exchangeMs: 50 })
  await assert.rejects(hurried.ask(peer(), question, newContext()), { code: 'TIMED_OUT' })
})
