import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeMessage, encodeMessage, frame, GET_PROVIDERS, readVarint, varint } from './message.ts'
import { MAX_ADDRESS_BYTES, MAX_ANSWER_CLOSER, MAX_ANSWER_PROVIDERS, MAX_PEER_ADDRESSES } from './options.ts'

const bytes = (maxLength: number) => fc.uint8Array({ minLength: 1, maxLength })
const peer = fc.record({ id: bytes(40), addresses: fc.array(bytes(60), { maxLength: MAX_PEER_ADDRESSES }) })
const message = fc.record({
  type: fc.integer({ min: 0, max: 5 }),
  key: bytes(64),
  closer: fc.array(peer, { maxLength: MAX_ANSWER_CLOSER }),
  providers: fc.array(peer, { maxLength: 30 }),
})

/** Bytes as hex, so that Buffers and Uint8Arrays are alike. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]))
}

test('what is encoded is read again', () => {
  fc.assert(
    fc.property(message, (given) => {
      assert.deepEqual(plain(decodeMessage(encodeMessage(given))), plain(given))
      const framed = frame(given)
      const size = readVarint(framed, 0)!
      assert.equal(framed.length, size.end + size.value)
    }),
  )
})

test('an ADD_PROVIDER is, byte for byte, what the specification says', () => {
  const bytes = encodeMessage({
    type: 2,
    key: Uint8Array.of(0x12, 0x01, 0xff),
    providers: [{ id: Uint8Array.of(7), addresses: [Uint8Array.of(4, 5)] }],
  })
  assert.equal(Buffer.from(bytes).toString('hex'), '08021203' + '1201ff' + '4a07' + '0a0107' + '12020405')
})

test('numbers are read as they were written, and only when they are all there', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      const written = varint(value)
      assert.deepEqual(readVarint(written, 0), { value, end: written.length })
      assert.equal(readVarint(written.subarray(0, -1), 0), undefined)
    }),
  )
  assert.throws(() => readVarint(new Uint8Array(12).fill(0xff), 0), { code: 'BAD_RESPONSE' })
})

test('whatever comes is read or refused, within the limits', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
      try {
        decodeMessage(garbage)
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'BAD_RESPONSE')
      }
    }),
  )
})

test('lists without end are cut, addresses that are too long left out', () => {
  const one = { id: Uint8Array.of(1), addresses: Array.from({ length: 99 }, () => Uint8Array.of(4)) }
  const long = { id: Uint8Array.of(2), addresses: [new Uint8Array(MAX_ADDRESS_BYTES + 1), Uint8Array.of(6)] }
  const many = Array.from({ length: 999 }, () => one)
  const read = decodeMessage(encodeMessage({ type: GET_PROVIDERS, closer: many, providers: [long, ...many] }))
  assert.equal(read.closer?.length, MAX_ANSWER_CLOSER)
  assert.equal(read.providers?.length, MAX_ANSWER_PROVIDERS)
  assert.equal(read.closer?.[0]?.addresses.length, MAX_PEER_ADDRESSES)
  assert.deepEqual(plain(read.providers?.[0]?.addresses), ['06'])
})
