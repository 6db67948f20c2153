import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bubblesOf } from './bubbles.ts'
import { type Layout, layoutOf, MAX_PLACED, type Placeable } from './layout.ts'
import { arcOf, CENTRE, hashPoint, LEVELS, MAP_SIZE, slotsOf } from './slots.ts'

const ZONES = ['000', '001', '01', '100', '101', '11', null]
/** Up to as many as there is room for, often exactly so many. */
const ids = fc
  .tuple(fc.oneof(fc.integer({ min: 0, max: MAX_PLACED }), fc.constantFrom(60, 61, MAX_PLACED)), fc.nat())
  .map(([count, seed]) => Array.from({ length: count }, (_, index) => `${seed}-${index}`))
const peersOf = (names: string[], zones: readonly (string | null)[] = ZONES): Placeable[] =>
  names.map((peerId) => ({ peerId, zone: zones[Math.floor(hashPoint(`zone ${peerId}`)[0] * zones.length)]! }))

function assertTidy({ level, points }: Layout): void {
  const all = [...points.values(), CENTRE]
  all.forEach((a, index) => {
    for (const { x, y } of [a])
      assert.ok(Math.min(x, y, MAP_SIZE - x, MAP_SIZE - y) >= level.peerRadius, 'inside the box')
    for (const b of all.slice(index + 1))
      assert.ok(Math.hypot(a.x - b.x, a.y - b.y) > 2 * level.peerRadius + 2, 'no two overlap')
  })
}

test('peers are inside the box, overlap nobody, and stand where they stood', () => {
  fc.assert(
    fc.property(ids, fc.constantFrom('000', '', null), (names, ownZone) => {
      const peers = peersOf(names)
      const layout = layoutOf(peers, ownZone)
      assert.equal(layout.points.size, peers.length)
      assertTidy(layout)
      const again = layoutOf([...peers].reverse(), ownZone)
      assert.deepEqual(new Map([...again.points].sort()), new Map([...layout.points].sort()))
    }),
    { numRuns: 60 },
  )
})

test('60 peers of one zone have room, too', () => {
  const names = Array.from({ length: 60 }, (_, index) => `12D3KooW${index}`)
  for (const [zones, ownZone] of [
    [[''], ''],
    [['01'], '01'],
    [['01'], '00'],
    [[null], '00'],
    [[null], null],
  ] as const)
    assertTidy(layoutOf(peersOf(names, zones), ownZone))
})

test('who comes and goes moves nobody', () => {
  fc.assert(
    fc.property(ids, fc.integer({ min: 0, max: 5 }), (names, step) => {
      const some = peersOf(names.slice(0, 50))
      const before = layoutOf(some, '000')
      const others = [...some.slice(step), ...peersOf(names.slice(50, 55))]
      const after = layoutOf(others, '000', before)
      assertTidy(after)
      if (after.level !== before.level) return
      for (const { peerId } of some.slice(step))
        assert.deepEqual(after.points.get(peerId), before.points.get(peerId))
    }),
    { numRuns: 60 },
  )
})

test('one peer more moves all only at a bound, and one less not back', () => {
  const peers = peersOf(Array.from({ length: 17 }, (_, index) => `p${index}`))
  const levelOf = (count: number, before?: Layout) => layoutOf(peers.slice(0, count), null, before)
  const few = levelOf(16)
  assert.equal(few.level.name, 'few')
  const roomy = levelOf(17, few)
  assert.equal(roomy.level.name, 'roomy')
  assert.equal(levelOf(13, roomy).level.name, 'roomy')
  assert.equal(levelOf(12, roomy).level.name, 'few')
  assert.equal(levelOf(1, few).level.name, 'few')
})

test('without what was before, few are moved by one that comes', () => {
  const peers = peersOf(Array.from({ length: 41 }, (_, index) => `12D3KooWpeer${index}`))
  const all = layoutOf(peers, '000')
  const fewer = layoutOf(peers.slice(1), '000')
  const moved = [...fewer.points].filter(([peerId, point]) => all.points.get(peerId) !== point)
  assert.ok(moved.length <= 4, `${moved.length} moved`)
})

test('the own zone is nearest, others are where their bits say', () => {
  const peers = peersOf(
    Array.from({ length: 20 }, (_, index) => `p${index}`),
    ['000', '01', '1'],
  )
  const { places, level } = layoutOf(peers, '000')
  const slots = slotsOf(level)
  for (const { peerId, zone } of peers) {
    const { ring, turn } = slots[places.get(peerId)!.slot]!
    assert.equal(ring < level.ownRings, zone === '000')
    const { start, width } = arcOf(zone!)
    if (zone !== '000') assert.ok(turn >= start && turn < start + width)
  }
  assert.deepEqual(arcOf('101'), { start: 5 / 8, width: 1 / 8 })
  assert.throws(() => layoutOf(peersOf(Array.from({ length: 151 }, (_, i) => `${i}`)), null), RangeError)
})

test('a peer that changes its zone moves', () => {
  const before = layoutOf([{ peerId: 'a', zone: '000' }], '000')
  const after = layoutOf([{ peerId: 'a', zone: '11' }], '000', before)
  assert.notDeepEqual(after.points.get('a'), before.points.get('a'))
})

test('every level has more slots than peers', () => {
  for (const level of LEVELS) assert.ok(slotsOf(level).length > 1.5 * level.max)
})

test('zones as bubbles: all are counted, none overlap, all are inside', () => {
  /** A tree of zones: every place is in one of them. */
  const tree = (depth: number, seed: number, bits = ''): string[] =>
    bits.length < depth && (bits.length < 2 || hashPoint(`${seed} ${bits}`)[0] < 0.7)
      ? [...tree(depth, seed, `${bits}0`), ...tree(depth, seed, `${bits}1`)]
      : [bits]
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.integer(), fc.integer({ max: 3 }), (depth, seed, own) => {
      const zones = tree(depth, seed)
      const peers = peersOf(
        Array.from({ length: 400 }, (_, index) => `${seed} ${index}`),
        [...zones, null],
      )
      const bubbles = bubblesOf(peers, zones[own] ?? null)
      assert.equal(
        bubbles.reduce((sum, { count }) => sum + count, 0),
        400,
      )
      bubbles.forEach((a, index) => {
        assert.ok(Math.min(a.x, a.y, MAP_SIZE - a.x, MAP_SIZE - a.y) >= a.radius)
        for (const b of bubbles.slice(index + 1))
          assert.ok(Math.hypot(a.x - b.x, a.y - b.y) >= a.radius + b.radius - 1e-9, `${a.zone} ${b.zone}`)
      })
    }),
    { numRuns: 60 },
  )
})
