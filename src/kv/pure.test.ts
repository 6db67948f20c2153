import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ManualClock } from '../base/clock.ts'
import { Copies } from './copies.ts'
import { Expected } from './expected.ts'
import { type KeptRecord, mayDrop, offersOf } from './keeper-plan.ts'
import type { KvLimits } from './options.ts'
import type { ValueHead } from './order.ts'
import { isReadOver, type ReadProgress } from './read-rule.ts'
import { staleOf } from './repair.ts'
import { type RoomAsk, roomFor } from './room.ts'

const headOf = (key: string, version = 1, byte = 0, expiresMs = 9): ValueHead => ({
  ...{ key, version, writer: 'w', expiresMs },
  valueSha256: new Uint8Array(32).fill(byte),
})
const peer = (peerId: string) => ({ peerId, addresses: [] })

const LIMITS: KvLimits = { maxRecords: 4, maxBytes: 100, maxRecordsPerWriter: 2, maxBytesPerWriter: 60 }

test('room: the farthest go first, and only as many as must', () => {
  const ask = (change: Partial<RoomAsk>): RoomAsk => ({
    ...{ limits: LIMITS, sizeBytes: 20, all: { records: 1, sizeBytes: 20 } },
    ...{ ofWriter: { records: 0, sizeBytes: 0 }, farther: [] },
    ...change,
  })
  const farther = [
    { key: 'far', sizeBytes: 15 },
    { key: 'nearer', sizeBytes: 15 },
  ]
  assert.deepEqual(roomFor(ask({})), { fits: true, evict: [] })
  assert.deepEqual(roomFor(ask({ ofWriter: { records: 2, sizeBytes: 2 } })), { fits: false, full: 'writer' })
  assert.deepEqual(roomFor(ask({ ofWriter: { records: 1, sizeBytes: 41 } })), { fits: false, full: 'writer' })
  const full = { records: 4, sizeBytes: 80 }
  assert.deepEqual(roomFor(ask({ all: full })), { fits: false, full: 'node' })
  assert.deepEqual(roomFor(ask({ all: full, farther })), { fits: true, evict: ['far'] })
  const heavy = { records: 3, sizeBytes: 100 }
  assert.deepEqual(roomFor(ask({ all: heavy, farther })), { fits: true, evict: ['far', 'nearer'] })
  const tooHeavy = { all: { records: 3, sizeBytes: 100 }, sizeBytes: 31, farther }
  assert.deepEqual(roomFor(ask(tooHeavy)), { fits: false, full: 'node' })
})

test('room: whatever comes, the limits hold', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 30 })
  fc.assert(
    fc.property(sizes, (given) => {
      const kept = new Map<string, number>()
      given.forEach((sizeBytes, i) => {
        const bytes = [...kept.values()].reduce((a, b) => a + b, 0)
        const room = roomFor({
          limits: { ...LIMITS, maxRecordsPerWriter: 100, maxBytesPerWriter: 1000 },
          ...{ sizeBytes, all: { records: kept.size, sizeBytes: bytes } },
          ofWriter: { records: 0, sizeBytes: 0 },
          farther: [...kept].map(([key, size]) => ({ key, sizeBytes: size })),
        })
        if (!room.fits) return
        for (const key of room.evict) kept.delete(key)
        kept.set(`k${i}`, sizeBytes)
        assert.ok(kept.size <= LIMITS.maxRecords)
        assert.ok([...kept.values()].reduce((a, b) => a + b, 0) <= LIMITS.maxBytes)
      })
    }),
  )
})

test('a read is over when all have answered, when most have, or after the grace', () => {
  const rule = { graceMs: 1000, absentIsEnough: false }
  const at = (change: Partial<ReadProgress>): ReadProgress => ({
    ...{ found: true, asked: 8, answered: 0, failed: 0, sinceRecordMs: undefined },
    ...change,
  })
  const table: [Partial<ReadProgress>, boolean, boolean?][] = [
    [{}, false],
    [{ answered: 5, sinceRecordMs: 0 }, true],
    [{ answered: 4, sinceRecordMs: 0 }, false],
    [{ answered: 1, sinceRecordMs: 999 }, false],
    [{ answered: 1, sinceRecordMs: 1000 }, true],
    [{ answered: 7 }, false, true],
    [{ answered: 4 }, false, false],
    [{ answered: 5, failed: 3 }, true],
    [{ failed: 8 }, true],
    [{ asked: 0 }, true],
    [{ found: false, asked: 0 }, false],
    [{ found: false, answered: 8, sinceRecordMs: 0 }, false],
    [{ found: false, answered: 1, sinceRecordMs: 1000 }, true],
  ]
  for (const [change, over, overForVersion = over] of table) {
    assert.equal(isReadOver(at(change), rule), over, JSON.stringify(change))
    assert.equal(isReadOver(at(change), { ...rule, absentIsEnough: true }), overForVersion)
  }
})

test('repair goes to those of the closest that answered with less', () => {
  const best = headOf('k', 3)
  const answers = new Map([
    ['same', best],
    ['old', headOf('k', 2)],
    ['none', undefined],
    ['far', undefined],
  ])
  const closest = ['same', 'old', 'none', 'silent'].map(peer)
  assert.deepEqual(
    staleOf(best, closest, answers).map(({ peerId }) => peerId),
    ['old', 'none'],
  )
})

test('offers go to those of the closest that are not known to have a record', () => {
  const record = (key: string, closest: string[], having: string[]): KeptRecord => ({
    ...{ head: headOf(key), closest: closest.map(peer) },
    has: (peerId) => having.includes(peerId),
  })
  const offers = offersOf([
    record('x', ['a', 'b'], ['a']),
    record('y', ['b', 'c'], []),
    record('z', ['a'], ['a']),
  ])
  assert.deepEqual(
    offers.map(({ peer: { peerId }, heads }) => [peerId, heads.map(({ key }) => key)]),
    [
      ['b', ['x', 'y']],
      ['c', ['y']],
    ],
  )
})

test('a record is dropped only by who has long strayed, when all closer nodes have it', () => {
  const good = { own: false, strayMs: 10, closest: 8, confirmed: 8 }
  const options = { strayMs: 10 }
  assert.equal(mayDrop(good, options), true)
  const bad = [
    { own: true },
    { strayMs: undefined },
    { strayMs: 9 },
    { confirmed: 7 },
    { closest: 2, confirmed: 2 },
  ]
  for (const change of bad)
    assert.equal(mayDrop({ ...good, ...change }, options), false, JSON.stringify(change))
})

test('copies: known of one record only, and for a while', async () => {
  const clock = new ManualClock()
  const copies = new Copies(clock, { forgetMs: 100, maxKeys: 2 })
  copies.note(headOf('k'), 'a')
  copies.note(headOf('k'), 'b')
  assert.equal(copies.has(headOf('k'), 'a'), true)
  assert.equal(copies.has(headOf('k'), 'c'), false)
  copies.keepOnly(headOf('k'), ['b', 'c'])
  assert.equal(copies.has(headOf('k'), 'a'), false)
  for (const changed of [headOf('k', 2), headOf('k', 1, 1), headOf('k', 1, 0, 10)]) {
    copies.note(headOf('k'), 'b')
    assert.equal(copies.has(changed, 'b'), false)
    assert.equal(copies.has(headOf('k'), 'b'), false, 'the record has changed, so what was known is void')
  }
  copies.note(headOf('k'), 'b')
  await clock.advance(100)
  assert.equal(copies.has(headOf('k'), 'b'), false)
  for (const key of ['x', 'y', 'z']) copies.note(headOf(key), 'a')
  assert.equal(copies.size, 1)
  assert.equal(copies.has(headOf('z'), 'a'), true)
})

test('of several that offer a record one sends it; nobody is told to wait twice', async () => {
  const clock = new ManualClock()
  const expected = new Expected(clock)
  assert.equal(expected.add(headOf('k'), 'a'), true)
  assert.equal(expected.add(headOf('k'), 'b'), false)
  assert.equal(expected.add(headOf('k', 2), 'b'), true)
  assert.equal(expected.add(headOf('k'), 'b'), true)
  assert.equal(expected.add(headOf('k'), 'c'), false)
  await clock.advance(5000)
  assert.equal(expected.add(headOf('k'), 'a'), true)
  expected.remove(headOf('k'))
  assert.equal(expected.add(headOf('k'), 'd'), true)
})
