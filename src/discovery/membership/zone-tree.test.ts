import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { labelOf } from './point.ts'
import { decideZoneBits, type ZonePeer } from './zone-tree.ts'

test('twelve peers or more that all know all end up in zones of six or more, the same ones for all', () => {
  const points = fc.uniqueArray(fc.nat(0xffffffff), { minLength: 12, maxLength: 200 })
  fc.assert(
    fc.property(points, fc.nat(4), (given, bits) => {
      let peers: ZonePeer[] = given.map((point) => ({ point, zoneBits: bits }))
      for (let round = 0; round < 40; round++)
        peers = peers.map((peer) => {
          const others = peers.filter((other) => other !== peer)
          return { ...peer, zoneBits: decideZoneBits(peer.point, peer.zoneBits, others, true) }
        })
      for (const { point, zoneBits } of peers) {
        const mates = peers.filter((peer) => labelOf(peer.point, zoneBits) === labelOf(point, zoneBits))
        assert.ok(mates.length >= 6)
        assert.ok(mates.every((mate) => mate.zoneBits === zoneBits))
      }
    }),
    { numRuns: 40 },
  )
})
