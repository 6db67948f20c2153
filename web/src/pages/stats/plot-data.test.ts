import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Series } from '../../api/types.ts'
import { lastRows, markText, scaleOf, spanOf, stepsOf, timesOf, valuesOf } from './plot-data.ts'

const seriesOf = (uploadedBytes: number[], endMs = 100_000): Series => ({
  stepMs: 10_000,
  endMs,
  uploadedBytes,
  downloadedBytes: uploadedBytes,
  blockFailures: uploadedBytes,
  searches: uploadedBytes,
  queries: uploadedBytes,
  peersAlive: uploadedBytes,
  neighbours: uploadedBytes.map((value) => 2 * value),
})

test('times, values and rates', () => {
  const series = seriesOf([5, 0, 20])
  assert.deepEqual(timesOf(series), [80, 90, 100])
  assert.deepEqual(valuesOf(series, 'uploadedBytes', 'rate'), [0.5, 0, 2])
  assert.deepEqual(valuesOf(series, 'searches', 'amount'), [5, 0, 20])
  assert.deepEqual(timesOf(seriesOf([])), [])
  assert.deepEqual(spanOf(series, 60_000), [40, 100])
})

test('scales and their marks', () => {
  assert.deepEqual(scaleOf(undefined, 'amount'), [0, 4])
  assert.deepEqual(scaleOf(0, 'rate'), [0, 1024])
  assert.deepEqual(scaleOf(100, 'level'), [0, 108])
  assert.equal(markText(16 * 1024, 'rate'), '16 KiB/s')
  assert.equal(markText(1536, 'rate'), '1.50 KiB/s')
  assert.equal(markText(0, 'rate'), '0 B/s')
  assert.equal(markText(7, 'level'), '7')
  for (const unit of ['amount', 'rate', 'level'] as const) {
    const steps = stepsOf(unit)
    assert.deepEqual(
      steps,
      steps.toSorted((a, b) => a - b),
    )
    assert.ok(steps.every(Number.isSafeInteger))
  }
})

test('the last rows are the end of the lists, newest first', () => {
  assert.deepEqual(
    lastRows(seriesOf([1, 2, 3]), 2).map(({ atMs, values }) => [atMs, values.searches, values.neighbours]),
    [
      [100_000, 3, 6],
      [90_000, 2, 4],
    ],
  )
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 30 }), fc.nat(40), (list, count) => {
      const rows = lastRows(seriesOf(list), count)
      assert.equal(rows.length, Math.min(count, list.length))
      assert.deepEqual(
        rows.map(({ values }) => values.uploadedBytes),
        list.toReversed().slice(0, count),
      )
    }),
  )
})
