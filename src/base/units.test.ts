import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatBytes, formatDuration, formatRate, MIB, parseRate } from './units.ts'

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

test('rates as people write them', () => {
  const table: [number | undefined, string[]][] = [
    [0, ['0', '0 MiB/s', 'none', 'Off', 'unlimited']],
    [500, ['500', '500 B/s', '500B', '4000 bit/s', '4kbit/s', '4 kbps', '500 bytes/s']],
    [5 * MIB, ['5MiB/s', '5 MiB', '5mib/s', '5M', '5m', '5 MiBps', '5M/s']],
    [5_000_000, ['5MB/s', '5 mB', '40Mbit/s', '40 mbit', '40Mbps', '40Mbits/s', '5000kB/s', '0.04 Gbit/s']],
    [1_572_864, ['1.5 MiB/s']],
    [1, ['1 bit/s', '0.001']],
    [
      undefined,
      ['', 'fast', '5Mb/s', '5 mb', '5b', '-1', '5 iB', '1e9', '5 MiB/min', '5 parsecs', '9999999T', '1.2.3'],
    ],
  ]
  for (const [expected, texts] of table)
    for (const text of texts) assert.equal(parseRate(text), expected, text)
})

test('a rate that is shown can be typed again', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 45 }), (rate) => {
      const back = parseRate(formatRate(rate))!
      assert.ok(Math.abs(back - rate) <= 0.006 * rate, `${rate} ${formatRate(rate)} ${back}`)
    }),
  )
  fc.assert(
    fc.property(fc.string(), (text) => {
      const rate = parseRate(text)
      assert.ok(rate === undefined || (Number.isSafeInteger(rate) && rate >= 0))
    }),
  )
})
