import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { SignedPeerRecordSchema } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import { createIdentity, verify } from '../../link/identity.ts'
import { signRecord, VerifyingReader } from './peer-record.ts'

const identity = createIdentity()
const fields = {
  ...{ name: 'shark', addresses: ['127.0.0.1:9081'], role: 'member' as const, seq: 5 },
  ...{ expiresMs: 1_700_000_000_000, zoneBits: 3, left: false, sinceMs: 1_690_000_000_000 },
}

test('a signed record is read as it was written, and only once', () => {
  let verified = 0
  const reader = new VerifyingReader((...given) => {
    verified++
    return verify(...given)
  })
  const record = signRecord(identity, fields)
  assert.deepEqual(reader.read(record.signed), record)
  assert.equal(reader.read(create(SignedPeerRecordSchema, record.signed)), reader.read(record.signed))
  assert.equal(verified, 1)
})

test('a record changed in any byte is refused, whether its signature was seen or not', () => {
  const reader = new VerifyingReader(verify)
  const { signed } = signRecord(identity, fields)
  reader.read(signed)
  fc.assert(
    fc.property(fc.boolean(), fc.nat(), fc.integer({ min: 1, max: 255 }), (inRecord, at, flip) => {
      const record = signed.record.slice()
      const signature = signed.signature.slice()
      const bytes = inRecord ? record : signature
      bytes[at % bytes.length]! ^= flip
      const forged = create(SignedPeerRecordSchema, { record, signature })
      assert.throws(() => reader.read(forged), { code: 'BAD_RESPONSE' })
    }),
  )
})
