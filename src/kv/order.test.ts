import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compareRecords, newest, nextVersion, type ValueHead } from './order.ts'

/** Few different values of everything, so that ties are common. */
const head = fc.record({
  key: fc.constant('k'),
  version: fc.integer({ min: 1, max: 3 }),
  writer: fc.constantFrom('12D3KooWA', '12D3KooWB', '12D3KooWb'),
  valueSha256: fc.integer({ min: 0, max: 2 }).map((byte) => new Uint8Array(32).fill(byte)),
  expiresMs: fc.integer({ min: 1, max: 2 }),
}) satisfies fc.Arbitrary<ValueHead>

const isSame = (a: ValueHead, b: ValueHead) =>
  a.version === b.version &&
  a.writer === b.writer &&
  Buffer.compare(a.valueSha256, b.valueSha256) === 0 &&
  a.expiresMs === b.expiresMs

test('the order is total: antisymmetric, transitive, and 0 only for records that say the same', () => {
  fc.assert(
    fc.property(head, head, head, (a, b, c) => {
      assert.equal(Math.sign(compareRecords(a, b)) + Math.sign(compareRecords(b, a)), 0)
      assert.equal(compareRecords(a, b) === 0, isSame(a, b))
      if (compareRecords(a, b) >= 0 && compareRecords(b, c) >= 0) assert.ok(compareRecords(a, c) >= 0)
    }),
  )
})

test('replicas end with the same record whatever the order of arrival', () => {
  const arrivals = fc
    .array(head, { minLength: 1, maxLength: 8 })
    .chain((records) =>
      fc.tuple(fc.shuffledSubarray(records, { minLength: records.length }), fc.constant(records)),
    )
  fc.assert(
    fc.property(arrivals, ([one, other]) => {
      const keep = (records: readonly ValueHead[]) =>
        records.reduce((kept, record) => (compareRecords(record, kept) > 0 ? record : kept))
      assert.ok(isSame(keep(one), keep(other)))
      assert.ok(isSame(keep(one), newest([undefined, ...other])!))
    }),
  )
})

test('what decides, in its order: version, writer, hash of the value, expiry', () => {
  const base: ValueHead = { key: 'k', version: 5, writer: 'B', valueSha256: new Uint8Array(32), expiresMs: 9 }
  const low = new Uint8Array(32)
  const high = new Uint8Array(32).fill(255)
  const newer: ValueHead[] = [
    { ...base, version: 6, writer: 'A', expiresMs: 1 },
    { ...base, writer: 'C', valueSha256: low, expiresMs: 1 },
    { ...base, valueSha256: high, expiresMs: 1 },
    { ...base, expiresMs: 10 },
  ]
  for (const record of newer) assert.equal(compareRecords(record, base), 1)
  assert.equal(newest([]), undefined)
})

test('a new version is above what was found and not behind the clock', () => {
  assert.equal(nextVersion(undefined, 1000.7), 1000)
  assert.equal(nextVersion(10, 1000), 1000)
  assert.equal(nextVersion(1000, 1000), 1001)
  assert.equal(nextVersion(5000, 1000), 5001)
})
