import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bases } from 'multiformats/basics'
import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'
import { ShoalError } from '../base/errors.ts'
import { cidFromBytes, cidOfDigest, cidToBytes, DAG_PB, digestOfCid, isRawCid, parseCid, RAW } from './cid.ts'

const digestBytes = fc.uint8Array({ minLength: 32, maxLength: 32 })
const invalidCid = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ShoalError)
  assert.equal(error.code, 'INVALID_CID')
  assert.match(error.message, message)
  return true
}

test('a CID is what multiformats makes of the same digest', () => {
  fc.assert(
    fc.property(digestBytes, fc.constantFrom(RAW, DAG_PB), (digest, codec) => {
      const expected = CID.createV1(codec, createDigest(0x12, digest))
      const cid = cidOfDigest(codec, digest)
      assert.equal(cid, expected.toString())
      assert.deepEqual(cidToBytes(cid), expected.bytes)
      assert.equal(cidFromBytes(expected.bytes), cid)
      assert.deepEqual(digestOfCid(cid), digest)
      assert.equal(isRawCid(cid), codec === RAW)
    }),
  )
})

test('every multibase is read, and the answer is always the same text', () => {
  const cid = CID.parse('bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354')
  for (const base of Object.values(bases).filter(({ name }) => name !== 'identity')) {
    assert.equal(parseCid(base.encode(cid.bytes)), cid.toString(), base.name)
  }
})

test('other kinds of CID are refused with the reason', () => {
  const digest = createDigest(0x12, new Uint8Array(32))
  assert.throws(() => parseCid(CID.createV0(digest).toString()), invalidCid(/CIDv0/))
  assert.throws(() => parseCid(CID.createV1(0x71, digest).toString()), invalidCid(/codec 0x71/))
  const sha512 = CID.createV1(RAW, createDigest(0x13, new Uint8Array(64)))
  assert.throws(() => parseCid(sha512.toString()), invalidCid(/hash 0x13/))
  const inline = CID.createV1(RAW, createDigest(0, new Uint8Array(32)))
  assert.throws(() => parseCid(inline.toString()), invalidCid(/hash 0x0/))
  const short = CID.createV1(RAW, createDigest(0x12, new Uint8Array(20)))
  assert.throws(() => parseCid(short.toString()), invalidCid(/sha2-256/))
})

test('what is no CID at all is refused', () => {
  for (const text of [
    '',
    'b',
    'Qm',
    'hello',
    'été 数据',
    `b${'a'.repeat(400)}`,
    '\0abc',
    'bafybei!',
    ' bafy',
  ]) {
    assert.throws(() => parseCid(text), invalidCid(/CID/), JSON.stringify(text))
  }
})

test('random text and random bytes give a canonical CID or INVALID_CID, nothing else', () => {
  const readsOrRefuses = (read: () => string) => {
    try {
      assert.equal(parseCid(read()), read())
    } catch (error) {
      assert.ok(error instanceof ShoalError && error.code === 'INVALID_CID', String(error))
    }
  }
  const prefixed = fc.tuple(fc.constantFrom('b', 'B', 'z', 'k', 'f', 'm', 'u', 'Qm', '9'), fc.string())
  fc.assert(fc.property(prefixed, ([prefix, rest]) => readsOrRefuses(() => parseCid(prefix + rest))))
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => readsOrRefuses(() => cidFromBytes(bytes))),
  )
})

test('a binary CID with one byte changed before the digest, too short or too long is refused', () => {
  const bytes = cidToBytes(cidOfDigest(RAW, new Uint8Array(32).fill(7)))
  fc.assert(
    fc.property(fc.nat(3), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const wrong = Uint8Array.from(bytes)
      wrong[at] = wrong[at]! ^ change
      fc.pre(!(at === 1 && wrong[1] === DAG_PB))
      assert.throws(() => cidFromBytes(wrong), invalidCid(/CID/))
    }),
  )
  assert.throws(() => cidFromBytes(bytes.subarray(0, 35)), invalidCid(/not a CID/))
  assert.throws(() => cidFromBytes(Buffer.concat([bytes, Buffer.of(0)])), invalidCid(/CID/))
})
