import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { expectedWaitsMs, turnBytesLeft } from './upload-eta.ts'

const rows = (bytes: readonly number[]) => bytes.map((leftBytes) => ({ leftBytes }))

test('the bytes before each, at the rate', () => {
  const table: [
    slots: number,
    rate: number,
    active: number[],
    queued: number[],
    waits: (number | undefined)[],
  ][] = [
    [1, 100, [500], [300, 200], [5000, 8000]],
    [2, 200, [500, 100], [300, 200, 100], [1000, 4000, 5000]],
    [2, 100, [500], [300, 200], [0, 3000]],
    [1, 100, [], [300, 200], [0, 3000]],
    [1, 100, [0], [300], [0]],
    [1, 0, [500], [300, 200], [undefined, undefined]],
    [8, 100, [1], [], []],
  ]
  for (const [slots, rateBytesPerSecond, active, queued, waits] of table)
    assert.deepEqual(
      expectedWaitsMs({ slots, rateBytesPerSecond, active: rows(active), queued: rows(queued) }),
      waits,
    )
})

test('nobody waits less than who is before, and with one slot it is bytes before / rate', () => {
  const bytes = fc.array(fc.integer({ min: 0, max: 1e9 }), { maxLength: 20 })
  const rate = fc.integer({ min: 1, max: 1e9 })
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 10 }),
      rate,
      bytes,
      bytes,
      (slots, rateBytesPerSecond, active, queued) => {
        const waits = expectedWaitsMs({
          slots,
          rateBytesPerSecond,
          active: rows(active.slice(0, slots)),
          queued: rows(queued),
        })
        assert.equal(waits.length, queued.length)
        for (const [i, wait] of waits.entries()) assert.ok(wait! >= (waits[i - 1] ?? 0))
      },
    ),
  )
  fc.assert(
    fc.property(rate, fc.nat(1e9), bytes, (rateBytesPerSecond, sending, queued) => {
      const waits = expectedWaitsMs({
        slots: 1,
        rateBytesPerSecond,
        active: rows([sending]),
        queued: rows(queued),
      })
      let before = sending
      for (const [i, wait] of waits.entries()) {
        assert.ok(Math.abs(wait! - (before / rateBytesPerSecond) * 1000) <= 1)
        before += queued[i]!
      }
    }),
  )
})

test('a turn ends with the file, or with its bytes', () => {
  const table: [bytes: number, size: number | undefined, rotate: number, left: number][] = [
    [0, 50, 100, 50],
    [0, 500, 100, 100],
    [130, 500, 100, 70],
    [480, 500, 100, 20],
    [500, 500, 100, 0],
    [900, 500, 100, 0],
    [30, undefined, 100, 70],
  ]
  for (const [bytes, size, rotate, left] of table) assert.equal(turnBytesLeft(bytes, size, rotate), left)
})
