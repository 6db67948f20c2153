import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { PageSchema } from '../../contract/gen/shoal/v1/zone_pb.ts'
import { createIdentity, verify } from '../../link/identity.ts'
import { fileEntry } from '../testing/shared-set.ts'
import { bucketOf } from './keys.ts'
import { signPage } from './page.ts'
import { VerifyingPageReader } from './page-reader.ts'

const identity = createIdentity()
const reader = new VerifyingPageReader(verify)
const entry = fileEntry('music/blue.flac')
const blue = { entry, words: ['blue'], bySha256: false, byCid: false }
const bucket = bucketOf('w:blue')
const page = signPage(identity, { bucket, part: 2, version: 7, postings: [blue] })

test('a page is read as it was signed', () => {
  const read = reader.read(page.signed)
  assert.deepEqual(
    [read.peerId, read.bucket, read.part, read.version, read.postings, read.id, read.keys],
    [identity.peerId, bucket, 2, 7, [blue], page.id, ['w:blue']],
  )
  assert.deepEqual([read.group, read.hashHigh, read.hashLow], [page.group, page.hashHigh, page.hashLow])
})

test('a page is encoded as the contract says', () => {
  const sha = `s:${entry.sha256}`
  const pages = [
    page,
    signPage(identity, { bucket: 0, part: 0, version: 1, postings: [] }),
    signPage(identity, {
      ...{ bucket: bucketOf(sha), part: 0, version: 2 ** 45 },
      postings: [
        { entry, words: [], bySha256: true, byCid: false },
        { ...blue, words: ['blue', 'flac'], byCid: true },
      ],
    }),
  ]
  for (const { signed } of pages) {
    assert.deepEqual(toBinary(PageSchema, fromBinary(PageSchema, signed.page)), Uint8Array.from(signed.page))
  }
})

test('a page that was tampered with is not taken', () => {
  fc.assert(
    fc.property(fc.nat(page.signed.page.length + 63), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const bytes = Uint8Array.from(page.signed.page)
      const signature = Uint8Array.from(page.signed.signature)
      if (at < bytes.length) bytes[at]! ^= flip
      else signature[at - bytes.length]! ^= flip
      assert.throws(() => reader.read({ ...page.signed, page: bytes, signature }), { code: 'BAD_RESPONSE' })
    }),
    { numRuns: 200 },
  )
})

test('any bytes are refused with BAD_RESPONSE', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 70 }), (bytes, signature) => {
      assert.throws(() => reader.read({ ...page.signed, page: bytes, signature }), { code: 'BAD_RESPONSE' })
    }),
  )
})

test('nobody can put an entry under keys that are not its own, or not of the bucket', () => {
  const wrong = [
    { ...blue, words: ['red'] },
    { ...blue, words: ['blue', 'blue'] },
    { ...blue, words: ['music'] },
    { ...blue, byCid: true },
    { ...blue, bySha256: true },
  ]
  for (const posting of wrong) {
    const { signed } = signPage(identity, { bucket, part: 0, version: 1, postings: [posting] })
    assert.throws(() => reader.read(signed), { code: 'BAD_RESPONSE' })
  }
})
