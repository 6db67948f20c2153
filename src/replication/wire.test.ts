import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { ManualClock } from '../base/clock.ts'
import { cidOfDigest, RAW } from '../content/cid.ts'
import { ReplicaSetSchema } from '../contract/gen/shoal/v1/replica_pb.ts'
import { createIdentity } from '../link/identity.ts'
import { verify } from '../link/peer-id.ts'
import { isBeyond, isCurrent, signLease, signOrder } from './records.ts'
import {
  isSuperfluous,
  mergeSets,
  nextVersion,
  type ReplicaSet,
  withHolder,
  withoutHolders,
} from './replica-set.ts'
import { setFromWire, setToWire } from './set-wire.ts'

const clock = new ManualClock()
const now = clock.now()
const DAY = 24 * 3_600_000
const cid = cidOfDigest(RAW, new Uint8Array(32))
const [owner, a, b, c] = Array.from({ length: 4 }, () => createIdentity(clock)) as [
  ReturnType<typeof createIdentity>,
  ...ReturnType<typeof createIdentity>[],
]
const content = { cid, name: 'a b.txt', kind: 'file' as const, sizeBytes: 7 }
const orderOf = (replicas: number, version = now) =>
  signOrder(owner, { ...content, replicas, version, expiresMs: now + 30 * DAY })
const leaseOf = (holder: typeof owner, expiresMs = now + DAY) =>
  signLease(holder, { owner: owner.peerId, cid, sizeBytes: 7, grantedMs: now, expiresMs })
const holderOf = (identity: typeof owner, lease = leaseOf(identity)) => ({
  ...{ peerId: identity.peerId, name: 'n', addresses: ['10.0.0.1:1'], lease, addedMs: now },
})
const setOf = (replicas: number, ...holders: (typeof owner)[]): ReplicaSet => ({
  ...{ order: orderOf(replicas), version: 5, coordinator: owner.peerId, ownerAddresses: ['10.0.0.2:1'] },
  holders: holders.map((identity) => holderOf(identity)),
})
const bytesOf = (set: ReplicaSet) => toBinary(ReplicaSetSchema, setToWire(set))
const read = (bytes: Uint8Array) => setFromWire(fromBinary(ReplicaSetSchema, bytes), verify)

/** Bytes are the same whatever holds them. */
const plain = (value: unknown) =>
  JSON.parse(
    JSON.stringify(value, (_, each) =>
      each instanceof Uint8Array ? { type: 'Buffer', data: [...each] } : each,
    ),
  )

test('a set comes out as it went in', () => {
  const set = setOf(2, a!, b!)
  assert.deepEqual(plain(read(bytesOf(set))), plain(set))
})

test('what was tampered with is no set, or says nothing else than before', () => {
  const set = setOf(1, a!)
  const bytes = bytesOf(set)
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const other = Uint8Array.from(bytes)
      other[at]! ^= flip
      let got: ReplicaSet
      try {
        got = read(other)
      } catch {
        return
      }
      assert.deepEqual(plain(got.order), plain(set.order))
      for (const { lease, peerId } of got.holders) {
        if (lease)
          assert.deepEqual(
            plain({ lease, peerId }),
            plain({ lease: set.holders[0]!.lease, peerId: a!.peerId }),
          )
      }
    }),
    { numRuns: 400 },
  )
})

test('a lease of somebody else is none', () => {
  const set = setOf(1, a!)
  const stolen = { ...set, holders: [{ ...set.holders[0]!, peerId: b!.peerId }] }
  assert.equal(read(bytesOf(stolen)).holders[0]!.lease, undefined)
})

test('an order by somebody else is none', () => {
  const forged = signOrder(a!, { ...content, replicas: 1, version: now, expiresMs: now + DAY })
  const other = { ...forged, signed: { ...forged.signed, signature: orderOf(1).signed.signature } }
  assert.throws(() => read(bytesOf({ ...setOf(1), order: other })), { code: 'BAD_RESPONSE' })
})

test('no holder stands in a set twice, nor does the owner', () => {
  const twice = { ...setOf(1, a!), holders: [holderOf(a!), holderOf(a!)] }
  assert.throws(() => read(bytesOf(twice)), { code: 'BAD_RESPONSE' })
  assert.throws(() => read(bytesOf(setOf(1, owner))), { code: 'BAD_RESPONSE' })
})

test('orders hold neither from the future nor for ever', () => {
  assert.equal(isCurrent(orderOf(1), now), true)
  assert.equal(isCurrent(orderOf(0), now), false)
  assert.equal(isCurrent(orderOf(1), now + 31 * DAY), false)
  assert.equal(isBeyond(orderOf(1, now + 11 * 60_000), now), true)
  assert.equal(isBeyond({ version: now, expiresMs: now + 4000 * DAY }, now), true)
})

test('what is told of a set adds up to the same, whatever comes first', () => {
  const base = setOf(2, a!)
  const anySet = fc
    .record({ version: fc.nat(3), by: fc.constantFrom(owner, a!, b!), order: fc.nat(2), third: fc.boolean() })
    .map(({ version, by, order, third }): ReplicaSet => {
      // One coordinator makes a version once.
      const grown = third && version > 0 ? base : withHolder(base, holderOf(version % 2 ? b! : c!))
      return {
        ...grown,
        version: 4 * version + Number(third),
        coordinator: by.peerId,
        order: orderOf(2, now + order),
      }
    })
  const facts = ({ order, version, coordinator, holders }: ReplicaSet) => ({
    ...{ order: order.version, version, coordinator, holders: holders.map(({ peerId }) => peerId) },
  })
  fc.assert(
    fc.property(anySet, anySet, anySet, (x, y, z) => {
      assert.deepEqual(facts(mergeSets(x, y)), facts(mergeSets(y, x)))
      assert.deepEqual(facts(mergeSets(mergeSets(x, y), z)), facts(mergeSets(x, mergeSets(y, z))))
      assert.deepEqual(facts(mergeSets(x, x)), facts(x))
    }),
  )
})

test('a copy is superfluous when enough others have signed, or nobody wants it', () => {
  const set = setOf(2, a!, b!)
  assert.equal(isSuperfluous(set, c!.peerId, now), true)
  assert.equal(isSuperfluous(set, a!.peerId, now), false)
  assert.equal(isSuperfluous(set, c!.peerId, now + 2 * DAY), false, 'their leases are over')
  assert.equal(isSuperfluous(withoutHolders(set, [b!.peerId]), c!.peerId, now), false)
  assert.equal(isSuperfluous({ ...set, order: orderOf(0) }, a!.peerId, now), true)
  assert.equal(nextVersion(set, a!.peerId).version, 6)
})
