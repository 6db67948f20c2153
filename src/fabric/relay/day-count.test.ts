import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DayCount } from './day-count.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const QUARTER_MS = HOUR_MS / 4

const additions = fc.array(
  fc.record({ afterMs: fc.nat(6 * HOUR_MS), bytes: fc.integer({ min: 1, max: 1000 }) }),
  { maxLength: 60 },
)

test('counts everything of the last 24 hours and nothing older than that and a quarter of an hour', () => {
  fc.assert(
    fc.property(additions, fc.nat(2 * DAY_MS), (steps, idleMs) => {
      const count = new DayCount()
      const log: { atMs: number; bytes: number }[] = []
      let nowMs = 1000
      for (const { afterMs, bytes } of steps) {
        nowMs += afterMs
        count.add(bytes, nowMs)
        log.push({ atMs: nowMs, bytes })
      }
      nowMs += idleMs
      const since = (ms: number) =>
        log.filter(({ atMs }) => atMs > nowMs - ms).reduce((sum, { bytes }) => sum + bytes, 0)
      const sum = count.sum(nowMs)
      assert.ok(sum >= since(DAY_MS) && sum <= since(DAY_MS + 2 * QUARTER_MS), `${sum}`)
    }),
  )
})

test('says to the millisecond when fewer bytes than a limit are left', () => {
  fc.assert(
    fc.property(additions, fc.integer({ min: 1, max: 20_000 }), (steps, limit) => {
      const count = new DayCount()
      let nowMs = 0
      for (const { afterMs, bytes } of steps) {
        nowMs += afterMs
        count.add(bytes, nowMs)
      }
      const afterMs = count.opensAfterMs(limit, nowMs)
      if (count.sum(nowMs) < limit) return assert.equal(afterMs, 0)
      assert.ok(afterMs > 0 && afterMs <= DAY_MS + QUARTER_MS)
      assert.ok(count.sum(nowMs + afterMs - 1) >= limit)
      assert.ok(count.sum(nowMs + afterMs) < limit)
      return undefined
    }),
  )
})
