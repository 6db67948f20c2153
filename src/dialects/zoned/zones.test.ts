import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ShoalError } from '../../base/errors.ts'
import { seededRandom } from '../../base/random.ts'
import { freePlace, layoutOf, placeOf, placesOf, zoneOf } from './zones.ts'

test('a zone has the smallest divisor of the size that is at least 6, or what the number of zones says', () => {
  const cases: [networkSize: number, numberOfZones: number | undefined, zones: number, zoneSize: number][] = [
    [64, undefined, 8, 8],
    [60, undefined, 10, 6],
    [61, undefined, 1, 61],
    [100, undefined, 10, 10],
    [5, undefined, 1, 5],
    [1, undefined, 1, 1],
    [64, 4, 4, 16],
    [64, 64, 64, 1],
  ]
  for (const [networkSize, asked, numberOfZones, zoneSize] of cases)
    assert.deepEqual(layoutOf(networkSize, asked), { networkSize, numberOfZones, zoneSize })
})

test('sizes that cannot be are refused', () => {
  const cases: [number, number?][] = [
    ...([[0], [-8], [1.5], [4097], [Number.NaN]] as [number][]),
    ...([7, 0, -8, 128, 1.5].map((zones) => [64, zones]) as [number, number][]),
  ]
  for (const [size, zones] of cases)
    assert.throws(
      () => layoutOf(size, zones),
      (error) => error instanceof ShoalError && error.code === 'INVALID_CONFIG',
      `${size}/${zones}`,
    )
})

test('names lead where clients compute that they do', () => {
  const layout = layoutOf(64)
  for (const [name, place, zone] of [
    ['a.txt', 19, 24],
    ['test.txt', 10, 16],
  ] as const) {
    assert.equal(placeOf(name, layout), place)
    assert.equal(zoneOf(place, layout), zone)
  }
})

test('all of the digest counts, not its end alone', () => {
  // For 64 the last six bits would do; expected values are those of Python's hashlib.
  assert.equal(placeOf('a.txt', layoutOf(61)), 14)
  assert.equal(placeOf('test.txt', layoutOf(100)), 38)
})

test('each place is in exactly the zone that is computed for it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4096 }), fc.string(), (size, name) => {
      const layout = layoutOf(size)
      const place = placeOf(name, layout)
      assert.ok(placesOf(zoneOf(place, layout), layout).includes(place))
      const zones = Array.from({ length: layout.numberOfZones }, (_, i) => (i + 1) * layout.zoneSize)
      const all = zones.flatMap((zone) => placesOf(zone, layout))
      assert.deepEqual(
        all,
        Array.from({ length: size }, (_, i) => i),
      )
    }),
  )
})

test('keys that no zone has have no places', () => {
  for (const zone of [0, -8, 7, 9, 72, 2 ** 31 - 1, -(2 ** 31)])
    assert.deepEqual(placesOf(zone, layoutOf(64)), [])
})

test('newcomers: the lowest place of the first empty zone, then of any with room', () => {
  const layout = layoutOf(18)
  const choose = (taken: string, seed = 1) =>
    freePlace(layout, seededRandom(seed), (place) => taken[place] === 'x')
  assert.equal(choose('..................'), 0)
  assert.equal(choose('x.................'), 6)
  assert.equal(choose('......x...........'), 0)
  assert.equal(choose('x.....x...........'), 12)
  assert.equal(choose('xxxxxxx.xxxxxxxxxx'), 7)
  assert.equal(choose('xxxxxxxxxxxxxxxxxx'), undefined)
  const anywhere = new Set(Array.from({ length: 40 }, (_, seed) => choose('x.....x.....x.....', seed + 1)))
  assert.deepEqual(
    [...anywhere].sort((a, b) => a! - b!),
    [1, 7, 13],
  )
})
