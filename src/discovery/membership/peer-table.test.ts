import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '../../base/random.ts'
import { PeerTable } from './peer-table.ts'
import { inZone, labelOf, parentOf, pointOf } from './point.ts'
import { madePeerId, madeRecord } from './testing/made-records.ts'

const SELF = { peerId: 'self', point: pointOf('self') }

function newTable(
  options: { fullTablePeers?: number; contactsPerZone?: number; maxTombstones?: number } = {},
) {
  const defaults = { fullTablePeers: 1000, contactsPerZone: 3, maxTombstones: 1000 }
  return new PeerTable(SELF, seededRandom(1), { ...defaults, ...options })
}

const number = fc.nat(7)
const seq = fc.nat(6)
const step = fc.oneof(
  fc.record({
    kind: fc.constant('record' as const),
    number,
    seq,
    left: fc.constant(false),
    direct: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('record' as const),
    number,
    seq,
    left: fc.constant(true),
    direct: fc.constant(false),
  }),
  fc.record({ kind: fc.constant('obituary' as const), number, seq, left: fc.constant(false) }),
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** What should be known of one peer. */
interface Model {
  readonly seq: number
  readonly state: 'alive' | 'dead' | 'left'
}

/** What a step makes of it, and whether it tells anything new. */
function after(before: Model | undefined, given: Step): Model | undefined {
  const { seq, left } = given
  const state = left ? 'left' : given.kind === 'record' ? 'alive' : 'dead'
  const next: Model = { seq, state }
  if (!before || seq > before.seq) return next
  if (seq < before.seq) return before
  if (before.state === 'alive') return given.kind === 'obituary' ? next : before
  return before.state === 'dead' && given.kind === 'record' && given.direct ? next : before
}

test('an old word never replaces a newer one, and who is gone stays so until a newer record', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const table = newTable()
      const model = new Map<number, Model>()
      for (const given of steps) {
        const { number, seq, left } = given
        const peerId = madePeerId(number)
        const next = after(model.get(number), given)
        if (given.kind === 'record') {
          const isNews = next !== model.get(number)
          const novelty = table.learn(madeRecord(number, { seq, left }), given.direct)
          assert.equal(novelty !== 'stale', isNews, novelty)
        } else {
          assert.equal(table.bury(peerId, { seq, left }), next !== model.get(number))
        }
        if (next) model.set(number, next)
        for (const [number, { seq, state }] of model) {
          const peerId = madePeerId(number)
          assert.equal(table.get(peerId)?.seq, state === 'alive' ? seq : undefined)
          const tomb = state === 'alive' ? undefined : { seq, left: state === 'left' }
          assert.deepEqual(table.tombstone(peerId), tomb)
          assert.equal(table.isGone(peerId), state !== 'alive')
        }
        assert.equal(table.size, [...model.values()].filter(({ state }) => state === 'alive').length)
        assert.ok(table.knowsAll)
      }
    }),
    { numRuns: 500 },
  )
})

test('a farewell wins over the peer’s own sign of life, a death does not', () => {
  const table = newTable()
  assert.equal(table.learn(madeRecord(0, { seq: 5 })), 'new')
  assert.ok(table.bury(madePeerId(0), { seq: 5, left: false }))
  assert.equal(table.learn(madeRecord(0, { seq: 5 })), 'stale')
  assert.equal(table.learn(madeRecord(0, { seq: 5 }), true), 'back')
  assert.equal(table.learn(madeRecord(0, { seq: 6, left: true })), 'left')
  assert.equal(table.learn(madeRecord(0, { seq: 6 }), true), 'stale')
  assert.equal(table.learn(madeRecord(0, { seq: 7 })), 'back')
})

test('one thought dead who says itself, with the very number, that it leaves has left', () => {
  const table = newTable()
  assert.ok(table.bury(madePeerId(0), { seq: 3, left: false }))
  assert.equal(table.learn(madeRecord(0, { seq: 3, left: true }), true), 'left')
  assert.deepEqual(table.tombstone(madePeerId(0)), { seq: 3, left: true })
  assert.equal(table.learn(madeRecord(0, { seq: 3, left: true }), true), 'stale', 'told a second time')
})

test('an obituary that was refuted is not believed again, though the record that did it is not kept', () => {
  const table = newTable({ fullTablePeers: 2 })
  for (let number = 1; number <= 4; number++) table.learn(madeRecord(number))
  const peerId = madePeerId(0)
  const elsewhere = (madeRecord(0).point ^ (1 << 31)) >>> 0
  table.rezone(labelOf(elsewhere, 2))
  const leaf = (seq: number) => madeRecord(0, { role: 'leaf', seq })
  assert.ok(table.bury(peerId, { seq: 1, left: false }))
  assert.equal(table.learn(leaf(2)), 'back')
  assert.equal(table.get(peerId), undefined)
  assert.equal(table.bury(peerId, { seq: 1, left: false }), false)
  assert.equal(table.isGone(peerId), false)
  assert.ok(table.bury(peerId, { seq: 2, left: false }))
})

test('of those gone the ones longest so are forgotten, never more are kept than allowed', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(40), { maxLength: 80 }), fc.integer({ min: 1, max: 12 }), (dead, most) => {
      const table = newTable({ maxTombstones: most })
      let seq = 0
      const last = new Set<number>()
      for (const number of dead) {
        assert.ok(table.bury(madePeerId(number), { seq: ++seq, left: seq % 2 === 0 }))
        last.delete(number)
        last.add(number)
      }
      const kept = new Set([...last].slice(-most))
      for (let number = 0; number <= 40; number++)
        assert.equal(table.isGone(madePeerId(number)), kept.has(number))
    }),
  )
})

const many = fc.nat(149)
const move = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      kind: fc.constant('learn' as const),
      number: many,
      seq: fc.nat(20),
      zoneBits: fc.nat(5),
      role: fc.constantFrom('member' as const, 'member' as const, 'leaf' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('bury' as const), number: many, seq: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rezone' as const), bits: fc.nat(4) }) },
)

test('a table of many keeps all of its own and the sibling zone, and a few contacts of each other', () => {
  fc.assert(
    fc.property(fc.array(move, { minLength: 40, maxLength: 200, size: 'max' }), (moves) => {
      const table = newTable({ fullTablePeers: 12 })
      let label = 1
      // Those told while they were near, and near ever since.
      const mustKnow = new Map<number, number>()
      for (const given of moves) {
        const before = new Map([...table.all()].map((record) => [record.peerId, record.seq]))
        if (given.kind === 'learn') {
          const { number, ...fields } = given
          const record = madeRecord(number, fields)
          const isNews = !['stale', 'ignored'].includes(table.learn(record))
          if (isNews && inZone(record.point, parentOf(label))) mustKnow.set(number, given.seq)
        } else if (given.kind === 'bury') {
          if (table.bury(madePeerId(given.number), { seq: given.seq, left: false }))
            mustKnow.delete(given.number)
        } else {
          label = labelOf(SELF.point, given.bits)
          table.rezone(label)
          for (const number of mustKnow.keys())
            if (!inZone(madeRecord(number).point, parentOf(label))) mustKnow.delete(number)
        }
        checkCompact(table, label)
        for (const { peerId, seq } of table.all()) assert.ok(seq >= (before.get(peerId) ?? 0), peerId)
        for (const [number, seq] of mustKnow) assert.equal(table.get(madePeerId(number))?.seq, seq)
      }
    }),
    { numRuns: 150 },
  )
})

function checkCompact(table: PeerTable, label: number): void {
  const all = [...table.all()]
  assert.equal(table.size, all.length)
  assert.equal(new Set(all.map(({ peerId }) => peerId)).size, all.length)
  for (const record of all) assert.equal(table.get(record.peerId), record)
  if (table.knowsAll) {
    assert.ok(table.size <= 12)
    return
  }
  for (const { point } of table.near()) assert.ok(inZone(point, parentOf(label)))
  for (const [zone, contacts] of table.far()) {
    assert.ok(contacts.length >= 1 && contacts.length <= 3, `${contacts.length} of ${zone}`)
    for (const { point, zoneBits, role } of contacts) {
      assert.equal(labelOf(point, zoneBits), zone)
      assert.equal(role, 'member')
      assert.equal(inZone(point, parentOf(label)), false)
    }
  }
}

test('a sample is of different peers, and all other zones have their turn', () => {
  fc.assert(
    fc.property(fc.uniqueArray(many, { maxLength: 150, size: 'max' }), fc.nat(60), (numbers, count) => {
      const table = newTable({ fullTablePeers: 12 })
      table.rezone(labelOf(SELF.point, 3))
      for (const number of numbers) table.learn(madeRecord(number, { zoneBits: 3 }))
      const sample = table.sample(count)
      assert.ok(sample.length <= count && sample.length <= table.size)
      assert.equal(new Set(sample).size, sample.length)
      for (const record of sample) assert.equal(table.get(record.peerId), record)
      const zones = table.nextZones(count).map(([zone]) => zone)
      assert.equal(zones.length, Math.min(count, table.far().size))
      assert.equal(new Set(zones).size, zones.length)
    }),
  )
})
