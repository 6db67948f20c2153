import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Closest, offerZones } from './closest.ts'
import type { PeerRecord } from './peer-record.ts'
import { commonPrefix, labelOf } from './point.ts'

test('the closest are found by the zones’ names as by going through everybody', () => {
  const peer = fc.record({ point: fc.nat(0xffffffff), zoneBits: fc.nat(12) })
  const peers = fc.array(peer, { maxLength: 80 }) as unknown as fc.Arbitrary<PeerRecord[]>
  fc.assert(
    fc.property(peers, fc.nat(0xffffffff), fc.integer({ min: 1, max: 10 }), (records, point, limit) => {
      const far = new Map<number, PeerRecord[]>()
      for (const record of records) {
        const label = labelOf(record.point, record.zoneBits)
        far.set(label, [...(far.get(label) ?? []), record])
      }
      const closest = new Closest(point, limit, { accepts: () => true, rank: () => 0 })
      offerZones(closest, point, far)
      const depths = (some: PeerRecord[]) => some.map((record) => commonPrefix(point, record.point))
      const all = depths(records).sort((a, b) => b - a)
      assert.deepEqual(depths(closest.records()), all.slice(0, limit))
      assert.equal(new Set(closest.records()).size, closest.records().length)
    }),
    { numRuns: 500 },
  )
})
