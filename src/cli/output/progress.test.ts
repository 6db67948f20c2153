import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MIB } from '../../base/units.ts'
import { progressLine } from './progress.ts'
import { displayWidth } from './width.ts'

test('a transfer under way', () => {
  const facts = {
    doneBytes: 150 * MIB,
    totalBytes: 300 * MIB,
    rateBytesPerSecond: 50 * MIB,
    etaMs: 3000,
    sources: 3,
  }
  const texts = ' 50 %  150 MiB of 300 MiB  50.0 MiB/s  3.0 s left  3 sources'
  assert.equal(progressLine(facts, 80), `[${'█'.repeat(8)}${' '.repeat(8)}]  ${texts}`)
  assert.equal(progressLine(facts, 65), texts)
})

test('before the size is known only the label is shown', () => {
  const facts = { label: 'looking for sources', doneBytes: 0, totalBytes: 0, rateBytesPerSecond: 0 }
  assert.equal(progressLine(facts, 80), 'looking for sources')
})

test('100 % is shown only when all is there', () => {
  const facts = { doneBytes: 999_999, totalBytes: 1_000_000, rateBytesPerSecond: 0 }
  assert.match(progressLine(facts, 80), / 99 %/)
  assert.match(progressLine({ ...facts, doneBytes: 1_000_000 }, 80), /\[█+\] {2}100 %/)
})

test('it never gets wider than the terminal', () => {
  const facts = fc.record({
    doneBytes: fc.nat(),
    totalBytes: fc.nat(),
    rateBytesPerSecond: fc.double({ min: 0, max: 1e12, noNaN: true }),
    etaMs: fc.option(fc.double({ min: 0, noNaN: true }), { nil: undefined }),
    sources: fc.option(fc.nat({ max: 1000 }), { nil: undefined }),
  })
  fc.assert(
    fc.property(facts, fc.integer({ min: 1, max: 200 }), (given, width) => {
      assert.ok(displayWidth(progressLine(given, width)) <= width)
    }),
  )
})
