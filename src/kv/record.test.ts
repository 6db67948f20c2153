import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { SignedValueRecordSchema, ValueRecordSchema } from '../contract/gen/shoal/v1/kv_pb.ts'
import { createIdentity } from '../link/identity.ts'
import { verify } from '../link/peer-id.ts'
import { MAX_VALUE_BYTES } from './key.ts'
import { LIFETIME_MS, MAX_AHEAD_MS } from './options.ts'
import { readValue, refusalOf, signValue } from './record.ts'

const identity = createIdentity()
const fields = { key: 'k', value: Buffer.from('hello'), version: 7, expiresMs: 1000 }

test('a record is read as it was signed', () => {
  const value = fc.uint8Array({ maxLength: 2000 })
  const key = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 256 })
  fc.assert(
    fc.property(key, value, fc.maxSafeNat(), fc.maxSafeNat(), (key, value, version, expiresMs) => {
      const signed = signValue(identity, { key, value, version, expiresMs })
      const read = readValue(signed.signed, verify)
      assert.deepEqual({ ...read, value: new Uint8Array(read.value) }, { ...signed, value })
      assert.equal(read.writer, identity.peerId)
    }),
    { numRuns: 30 },
  )
})

test('the largest record is read', () => {
  const big = signValue(identity, {
    ...{ key: 'é'.repeat(128), value: new Uint8Array(MAX_VALUE_BYTES) },
    ...{ version: Number.MAX_SAFE_INTEGER, expiresMs: Number.MAX_SAFE_INTEGER },
  })
  assert.equal(readValue(big.signed, verify).value.length, MAX_VALUE_BYTES)
})

test('a change of any byte of record or signature is noticed', () => {
  const { record, signature } = signValue(identity, fields).signed
  const change = fc.record({ at: fc.nat(), by: fc.integer({ min: 1, max: 255 }), inRecord: fc.boolean() })
  fc.assert(
    fc.property(change, ({ at, by, inRecord }) => {
      const forged = { record: Buffer.from(record), signature: Buffer.from(signature) }
      const bytes = inRecord ? forged.record : forged.signature
      bytes[at % bytes.length] = bytes[at % bytes.length]! ^ by
      assert.throws(() => readValue(create(SignedValueRecordSchema, forged), verify), {
        code: 'BAD_RESPONSE',
      })
    }),
    { numRuns: 200 },
  )
})

test('what is signed by somebody else, or for something else, or is malformed, is refused', () => {
  const other = createIdentity()
  const encoded = (more: object) =>
    toBinary(
      ValueRecordSchema,
      create(ValueRecordSchema, {
        ...{ key: 'k', value: fields.value, writer: identity.peerId, version: 7n, expiresMs: 1000n },
        ...more,
      }),
    )
  const signed = (record: Uint8Array, by = identity) => ({
    record,
    signature: by.sign(Buffer.concat([Buffer.from('shoal-value-record:'), record])),
  })
  const wrong = {
    'by another key': signed(encoded({}), other),
    'without the context': { record: encoded({}), signature: identity.sign(encoded({})) },
    'no writer': signed(encoded({ writer: '' })),
    'a bad key': signed(encoded({ key: 'a\n' })),
    'an empty key': signed(encoded({ key: '' })),
    'a long key': signed(encoded({ key: 'x'.repeat(257) })),
    'too large a value': signed(encoded({ value: new Uint8Array(MAX_VALUE_BYTES + 1) })),
    'a version out of range': signed(encoded({ version: 2n ** 63n })),
    'an expiry out of range': signed(encoded({ expiresMs: 2n ** 60n })),
    garbage: signed(Uint8Array.of(0xff, 0xff, 0xff)),
    nothing: { record: new Uint8Array(), signature: new Uint8Array() },
  }
  for (const [what, each] of Object.entries(wrong))
    assert.throws(
      () => readValue(create(SignedValueRecordSchema, each), verify),
      { code: 'BAD_RESPONSE' },
      what,
    )
})

test('records from the future, void ones and ones that hold too long may not be kept', () => {
  const now = 1_000_000_000_000
  const good = { ...fields, writer: 'w', valueSha256: new Uint8Array(32), version: now, expiresMs: now + 1 }
  const table: [object, boolean][] = [
    [{}, true],
    [{ version: now + MAX_AHEAD_MS }, true],
    [{ version: now + MAX_AHEAD_MS + 1 }, false],
    [{ expiresMs: now }, false],
    [{ expiresMs: now + LIFETIME_MS + MAX_AHEAD_MS }, true],
    [{ expiresMs: now + LIFETIME_MS + MAX_AHEAD_MS + 1 }, false],
    [{ version: 0 }, true],
  ]
  for (const [change, isGood] of table)
    assert.equal(refusalOf({ ...good, ...change }, now) === undefined, isGood, JSON.stringify(change))
})
