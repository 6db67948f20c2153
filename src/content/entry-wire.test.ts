import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { type Entry, EntryKind, EntrySchema, QuerySchema } from '../contract/gen/shoal/v1/common_pb.ts'
import { BLOCK_SIZE, cidOfDigest, DAG_PB, RAW } from './cid.ts'
import type { SharedEntry } from './entry.ts'
import {
  entryFromWire,
  entryToWire,
  MAX_QUERY_LIMIT,
  type QueryShape,
  queryFromWire,
  queryToWire,
} from './entry-wire.ts'

const digest = fc.uint8Array({ minLength: 32, maxLength: 32 })
const name = fc
  .string({ minLength: 1, maxLength: 60, unit: 'grapheme' })
  .filter(
    (text) =>
      !/[/\0]/.test(text) &&
      text.isWellFormed() &&
      text !== '.' &&
      text !== '..' &&
      Buffer.byteLength(text) <= 255,
  )
const place = fc
  .tuple(fc.array(name, { maxLength: 3 }), name)
  .map(([above, last]) => ({ name: last, path: [...above, last].join('/') }))
const time = fc.integer({ min: 0, max: 4e12 })

const small = fc.record({ place, digest, size: fc.nat(BLOCK_SIZE), time }).map(
  (at): SharedEntry => ({
    cid: cidOfDigest(RAW, at.digest),
    sha256: Buffer.from(at.digest).toString('hex'),
    ...at.place,
    sizeBytes: at.size,
    kind: 'file',
    modifiedMs: at.time,
  }),
)
const big = fc.record({ place, digest, size: fc.integer({ min: BLOCK_SIZE + 1, max: 2 ** 40 }), time }).map(
  (at): SharedEntry => ({
    cid: cidOfDigest(DAG_PB, at.digest),
    sha256: Buffer.from(at.digest.toReversed()).toString('hex'),
    ...at.place,
    sizeBytes: at.size,
    kind: 'file',
    modifiedMs: at.time,
  }),
)
const folder = fc.record({ place, digest, size: fc.maxSafeNat(), time }).map(
  (at): SharedEntry => ({
    cid: cidOfDigest(DAG_PB, at.digest),
    sha256: undefined,
    ...at.place,
    sizeBytes: at.size,
    kind: 'folder',
    modifiedMs: at.time,
  }),
)

test('entries survive the wire', () => {
  fc.assert(
    fc.property(fc.oneof(small, big, folder), (entry) => {
      const bytes = toBinary(EntrySchema, create(EntrySchema, entryToWire(entry)))
      assert.deepEqual(entryFromWire(fromBinary(EntrySchema, bytes)), entry)
    }),
  )
})

const digest7 = new Uint8Array(32).fill(7)
const block: SharedEntry = {
  cid: cidOfDigest(RAW, digest7),
  sha256: Buffer.from(digest7).toString('hex'),
  name: 'b',
  path: 'a/b',
  sizeBytes: 5,
  kind: 'file',
  modifiedMs: 1.5,
}
const wire = (changes: Partial<Entry>) => ({ ...create(EntrySchema, entryToWire(block)), ...changes })

test('entries that cannot be are refused, field by field', () => {
  assert.equal(entryFromWire(wire({})).modifiedMs, 1)
  assert.equal(entryFromWire(wire({ kind: EntryKind.UNSPECIFIED })).kind, 'file')
  const folderCid = entryToWire({ ...block, cid: cidOfDigest(DAG_PB, digest7) }).cid as Uint8Array
  const wrong: Record<string, Partial<Entry>> = {
    'no CID': { cid: new Uint8Array() },
    'half a CID': { cid: folderCid.subarray(0, 20) },
    'no SHA-256': { sha256: new Uint8Array() },
    'short SHA-256': { sha256: digest7.subarray(1) },
    "another SHA-256 than the block's": { sha256: digest7.with(0, 0) },
    'a block too long': { sizeBytes: BigInt(BLOCK_SIZE + 1) },
    'a manifest for one block': { cid: folderCid },
    'a size beyond numbers': { cid: folderCid, sizeBytes: 2n ** 60n },
    'a time beyond time': { modifiedMs: 2n ** 62n },
    'no name': { name: '' },
    'a name that goes up': { name: '..', path: 'a/..' },
    'a name with a slash': { name: 'a/b' },
    'a name with NUL': { name: 'a\0', path: 'a\0' },
    'a name too long': { name: 'x'.repeat(256), path: 'x'.repeat(256) },
    'a path that goes up': { path: '../b' },
    'an absolute path': { path: '/b' },
    'a path with a hole': { path: 'a//b' },
    'a path too long': { path: `${'y/'.repeat(2048)}b` },
    'a path to another name': { path: 'a/c' },
    'an unknown kind': { kind: 9 as Entry['kind'] },
    'a folder with a SHA-256': { kind: EntryKind.FOLDER, cid: folderCid },
    'a folder that is a block': { kind: EntryKind.FOLDER, sha256: new Uint8Array() },
  }
  for (const [what, changes] of Object.entries(wrong)) {
    assert.throws(() => entryFromWire(wire(changes)), { code: 'BAD_RESPONSE' }, what)
  }
})

test('queries survive the wire', () => {
  const query = fc.record(
    {
      words: fc.stringMatching(/^[a-zé数*]{1,20}$/),
      sha256: digest.map((bytes) => Buffer.from(bytes).toString('hex')),
      cid: digest.map((bytes) => cidOfDigest(RAW, bytes)),
      limit: fc.integer({ min: 1, max: MAX_QUERY_LIMIT }),
    },
    { requiredKeys: ['limit', 'cid'], noNullPrototype: true },
  )
  fc.assert(
    fc.property(query, (one: QueryShape) => {
      const bytes = toBinary(QuerySchema, create(QuerySchema, queryToWire(one)))
      assert.deepEqual(queryFromWire(fromBinary(QuerySchema, bytes)), one)
    }),
  )
})

test('limits of queries: none is 100, too many are 1000', () => {
  const limit = (value: number) => queryFromWire(create(QuerySchema, { words: 'x', limit: value })).limit
  assert.deepEqual([0, 1, 1000, 1001, 4_000_000_000].map(limit), [100, 1, 1000, 1000, 1000])
  assert.equal(queryToWire({ words: 'x', limit: Number.POSITIVE_INFINITY }).limit, 1000)
  assert.equal(queryToWire({ words: 'x', limit: 0 }).limit, 1)
})

test('queries for nothing, or for something impossible, are refused', () => {
  assert.throws(() => queryToWire({ limit: 5 }), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => queryToWire({ words: '  ', limit: 5 }), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => queryToWire({ words: 'é'.repeat(257), limit: 5 }), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => queryToWire({ sha256: 'abc', limit: 5 }), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => queryToWire({ cid: 'abc', limit: 5 }), { code: 'INVALID_CID' })
  assert.throws(() => queryFromWire(create(QuerySchema, {})), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => queryFromWire(create(QuerySchema, { sha256: digest7.subarray(1) })), {
    code: 'INVALID_ARGUMENT',
  })
  assert.throws(() => queryFromWire(create(QuerySchema, { cid: digest7 })), { code: 'INVALID_CID' })
})
