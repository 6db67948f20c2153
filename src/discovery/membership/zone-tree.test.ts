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

test('where nobody knows the other half, those whose zone includes it bring the rest after them', () => {
  /** Points `10…` and `11…`: the other half, `0…`, has died out. */
  const at = (prefix: number, i: number) => ((prefix << 30) >>> 0) + i * 1_000_003
  const widened = Array.from({ length: 5 }, (_, i) => ({ point: at(2, i), zoneBits: 0 }))
  const behind = Array.from({ length: 2 }, (_, i) => ({ point: at(2, 5 + i), zoneBits: 2 }))
  const sibling = Array.from({ length: 13 }, (_, i) => ({ point: at(3, i), zoneBits: 2 }))
  let peers: ZonePeer[] = [...widened, ...behind, ...sibling]
  for (let round = 0; round < 4; round++)
    peers = peers.map((peer) => {
      const others = peers.filter((other) => other !== peer)
      return { ...peer, zoneBits: decideZoneBits(peer.point, peer.zoneBits, others, false) }
    })
  assert.deepEqual(new Set(peers.map(({ zoneBits }) => zoneBits)), new Set([0]))
  // Nobody whose zone is that wide: it may only be that nobody of the other half is known.
  const narrow = [...behind, ...sibling]
  const others = [
    ...Array.from({ length: 5 }, (_, i) => ({ point: at(2, i), zoneBits: 2 })),
    ...narrow.slice(1),
  ]
  assert.equal(decideZoneBits(narrow[0]!.point, 2, others, false), 2)
})
