import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { labelOf } from '../../src/discovery/membership/point.ts'
import { settledBits } from './warm.ts'

test('settled zones cover everybody once, none is smaller than it has to be, none could be halved', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(0xffffffff), { minLength: 1, maxLength: 500 }), (points) => {
      const bits = settledBits(points)
      const sizes = new Map<number, number>()
      points.forEach((point, i) => {
        const label = labelOf(point, bits[i]!)
        sizes.set(label, (sizes.get(label) ?? 0) + 1)
        // All who are in the zone by their point are in it by their bits.
        points.forEach((other, j) => {
          if (labelOf(other, bits[i]!) === label) assert.equal(bits[j], bits[i])
        })
      })
      if (sizes.size > 1) for (const size of sizes.values()) assert.ok(size >= 8, `${size}`)
      for (const [label, size] of sizes) {
        const depth = 31 - Math.clz32(label)
        const left = points.filter((point) => labelOf(point, depth + 1) === label << 1).length
        assert.ok(depth === 12 || left < 8 || size - left < 8)
      }
    }),
    { numRuns: 50 },
  )
})
