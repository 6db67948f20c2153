import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ClockSample } from '../facts.ts'
import { clockCheck } from './clock.ts'

const MINUTE = 60_000
const exact = (from: string, aheadMs: number): ClockSample => ({
  from,
  lowMs: aheadMs,
  highMs: aheadMs + 1000,
})

const TABLE: [what: string, samples: ClockSample[], status: string, detail: RegExp][] = [
  ['nobody told', [], 'skipped', /Nobody has told the time/],
  ['agrees', [exact('a', -300)], 'ok', /Agrees with 1 other clock, to within 700 ms\.$/],
  [
    'the surest one counts',
    [exact('a', -300), { from: 'b', lowMs: -9e6, highMs: 9e6 }],
    'ok',
    /2 other clocks, to within 700/,
  ],
  ['a minute does no harm', [exact('a', MINUTE)], 'ok', /Agrees/],
  ['more than a minute', [exact('a', MINUTE + 1)], 'warn', /1 min 0 s or more behind that of a\.$/],
  [
    'the other direction',
    [exact('a', -2 * MINUTE - 1000)],
    'warn',
    /2 min 0 s or more ahead of that of a\.$/,
  ],
  ['half an hour', [exact('a', 30 * MINUTE + 1)], 'broken', /outdated/],
  [
    'one of three is off',
    [exact('a', 0), exact('b', 0), exact('c', 9e6)],
    'ok',
    /Other clocks are off: c\.$/,
  ],
  [
    'two of three',
    [exact('a', 0), exact('b', 5 * MINUTE), exact('c', 6 * MINUTE)],
    'warn',
    /behind 2 of 3 others/,
  ],
  ['a tie is no proof', [exact('a', 0), exact('b', 9e6)], 'ok', /off: b/],
]

for (const [what, samples, status, detail] of TABLE) {
  test(`clock: ${what}`, () => {
    const check = clockCheck(samples)
    assert.equal(check.status, status)
    assert.match(check.detail, detail)
    assert.equal(check.fix !== '', status === 'warn' || status === 'broken')
  })
}

test('clocks that all may agree are never called off, and a common error always is', () => {
  const width = fc.nat(10 * MINUTE)
  fc.assert(
    fc.property(
      fc.array(fc.tuple(width, width), { minLength: 1 }),
      fc.integer({ min: 2, max: 600 }),
      (widths, minutes) => {
        const around = widths.map(([below, above], i) => ({ from: `p${i}`, lowMs: -below, highMs: above }))
        assert.equal(clockCheck(around).status, 'ok')
        const shifted = around.map(({ from }) => exact(from, minutes * MINUTE))
        assert.equal(clockCheck(shifted).status, minutes > 30 ? 'broken' : 'warn')
      },
    ),
  )
})
