import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sparkline } from './sparkline.ts'

test('bars stand for amounts', () => {
  const table: [number[], number, string][] = [
    [[], 10, ''],
    [[1], 0, ''],
    [[0, 0], 10, '▁▁'],
    [[0, 1, 7], 10, '▁▂█'],
    // Something is never shown as nothing.
    [[1, 1e9], 10, '▂█'],
    [[1, 1, 1, 1], 2, '██'],
    // The oldest bar has what is left over.
    [[2, 1, 1], 2, '██'],
    [[0, 2, 2], 2, '▁█'],
  ]
  for (const [amounts, columns, line] of table) assert.equal(sparkline(amounts, columns), line, `${amounts}`)
})

test('it never gets wider than it may, and has a full bar when there is anything', () => {
  const amounts = fc.array(fc.nat(1e9), { maxLength: 400 })
  fc.assert(
    fc.property(amounts, fc.integer({ min: 1, max: 200 }), (all, columns) => {
      const line = sparkline(all, columns)
      assert.ok(line.length <= columns)
      assert.equal(
        line.includes('█'),
        all.some((each) => each > 0),
      )
    }),
  )
})
