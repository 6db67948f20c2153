import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Column, shrink, tableLines } from './table.ts'
import { displayWidth } from './width.ts'

interface Row {
  size: string
  name: string
}

const columns: Column<Row>[] = [
  { title: 'SIZE', value: (row) => row.size, align: 'right' },
  { title: 'NAME', value: (row) => row.name, shrinkTo: 6 },
]

test('columns line up whatever the script, and names cannot break out of their row', () => {
  const rows = [
    { size: '1 B', name: '数据' },
    { size: '12 MiB', name: 'two\nlines\u001b[2J' },
  ]
  assert.deepEqual(tableLines(columns, rows, { width: undefined }), [
    '  SIZE  NAME',
    '   1 B  数据',
    '12 MiB  two␊lines␛[2J',
  ])
})

test('a narrow terminal shortens only what may be shortened', () => {
  const rows = [{ size: '12 MiB', name: 'a-rather-long-name.txt' }]
  assert.deepEqual(tableLines(columns, rows, { width: 20, header: false }), ['12 MiB  a-rather…txt'])
  assert.deepEqual(tableLines(columns, rows, { width: 5, header: false }), ['12 MiB  a-ra…t'])
})

test('shrunk columns keep their least width and fit whenever that is possible', () => {
  const column = fc.record({ least: fc.option(fc.nat({ max: 10 })), wanted: fc.nat({ max: 200 }) })
  fc.assert(
    fc.property(fc.array(column, { minLength: 1, maxLength: 6 }), fc.nat({ max: 300 }), (given, width) => {
      const settings = given.map(({ least }) => (least === null ? {} : { shrinkTo: least }))
      const wanted = given.map((each) => each.wanted)
      const widths = shrink(settings, wanted, width)
      const least = given.map((each) => Math.min(each.wanted, each.least ?? each.wanted))
      const sum = (all: number[]) => all.reduce((a, b) => a + b, 0) + 2 * (given.length - 1)
      widths.forEach((each, i) => {
        assert.ok(each >= least[i]! && each <= wanted[i]!)
      })
      assert.ok(sum(widths) <= Math.max(width, sum(least)))
    }),
  )
})

test('no row of a table is wider than the terminal when the fixed columns leave room', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 20, max: 120 }), (name, width) => {
      for (const line of tableLines(columns, [{ size: '1 B', name }], { width }))
        assert.ok(displayWidth(line) <= width)
    }),
  )
})
