import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatBytes, formatDuration } from './units.ts'

test('sizes for people', () => {
  const table: [number, string][] = [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.00 KiB'],
    [1536, '1.50 KiB'],
    [64 * 1024 * 1024, '64.0 MiB'],
    [1024 ** 4 * 250, '250 TiB'],
  ]
  for (const [bytes, text] of table) assert.equal(formatBytes(bytes), text)
})

test('durations for people', () => {
  const table: [number, string][] = [
    [12, '12 ms'],
    [12_340, '12.3 s'],
    [250_000, '4 min 10 s'],
    [7_500_000, '2 h 5 min'],
    [Number.POSITIVE_INFINITY, '∞'],
  ]
  for (const [ms, text] of table) assert.equal(formatDuration(ms), text)
})
