import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '../base/random.ts'
import { isKnock, KNOCK_BYTES, makeKnock } from './knock.ts'
import { NetworkKey } from './network-key.ts'

const home = NetworkKey.create('home', seededRandom(1))
const work = NetworkKey.create('work', seededRandom(2))

test('a knock of fixed bytes is this one: the protocol says so', () => {
  const key = new NetworkKey(
    'home',
    Uint8Array.from({ length: 32 }, (_, i) => i),
  )
  const nonce = Uint8Array.from({ length: 16 }, (_, i) => 0xf0 + i)
  const knock = makeKnock(key, { float: () => 0, bytes: () => nonce })
  assert.equal(
    Buffer.from(knock).toString('hex'),
    'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeffd84b51512086ac91adac92e808c5c31f88b4853e41bc2686e20afe0575a0c833',
  )
})

test('a knock opens the doors of its own network only, and no two are the same', () => {
  const [one, two] = [makeKnock(home), makeKnock(home)]
  assert.equal(one.length, KNOCK_BYTES)
  assert.ok(isKnock(home, one) && isKnock(home, two))
  assert.ok(!isKnock(work, one))
  assert.notDeepEqual(one, two)
  assert.ok(isKnock(NetworkKey.parse(home.text()), one))
})

test('a knock with any bit changed, and any other bytes, is none', () => {
  fc.assert(
    fc.property(fc.nat(KNOCK_BYTES * 8 - 1), (bit) => {
      const knock = Uint8Array.from(makeKnock(home))
      knock[bit >> 3]! ^= 1 << (bit & 7)
      assert.ok(!isKnock(home, knock))
    }),
  )
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => assert.ok(!isKnock(home, bytes))))
})

test('no knock begins like a TLS or SSL 2 record, for whose rest a server of another network would wait', () => {
  const heads = [
    [0x79, 3, 0x26],
    [0xac, 0xca, 1],
    [0x79, 4, 1],
  ]
  let asked = 0
  const bytes = (count: number) => Buffer.concat([Buffer.from(heads[asked++]!), Buffer.alloc(count - 3)])
  const knock = makeKnock(home, { float: () => 0, bytes })
  assert.deepEqual([...knock.subarray(0, 3)], heads[2])
  assert.ok(isKnock(home, knock))
})
