import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readArguments } from '../arguments.ts'
import { bytes, millis, num, percent } from './format.ts'
import { type Plot, svgPlot } from './plot.ts'
import { axisTicks, scaleOf } from './scale.ts'
import { markdownTable } from './table.ts'

test('numbers for people', () => {
  assert.deepEqual([0, 0.123, 12.34, 1234.5, 1_234_567].map(num), ['0', '0.12', '12.3', '1,235', '1,234,567'])
  assert.deepEqual([0, 1, 0.5, 0.99999].map(percent), ['0 %', '100 %', '50.0 %', '99.99 %'])
  assert.deepEqual([5, 12_300].map(millis), ['5 ms', '12.3 s'])
  assert.deepEqual([100, 2048, 3 * 1024 ** 2].map(bytes), ['100 B', '2 KiB', '3 MiB'])
})

test('a table says a first cell once', () => {
  const table = {
    title: 'T',
    head: ['a', 'b'],
    rows: [
      ['x', '1'],
      ['x', '2|3'],
      ['y', '4'],
    ],
  }
  const lines = ['### T', '', '| a | b |', '| --- | ---: |', '| x | 1 |', '|  | 2\\|3 |', '| y | 4 |', '']
  assert.equal(markdownTable(table), lines.join('\n'))
})

test('scales keep the order of values and stay inside; ticks lie on them', () => {
  const values = fc.array(
    fc.nat(1e9).map((n) => n / 1000),
    { minLength: 1, maxLength: 10 },
  )
  fc.assert(
    fc.property(values, fc.boolean(), (values, log) => {
      const scale = scaleOf(values, { log, from: 100, to: 0 })
      const placed = [...values].sort((a, b) => a - b).map((value) => scale.at(value))
      placed.forEach((at, i) => {
        assert.ok(at >= -1e-6 && at <= 100 + 1e-6, `${at}`)
        assert.ok(i === 0 || at <= placed[i - 1]! + 1e-6)
      })
      const ticks = axisTicks(scale)
      assert.ok(ticks.length >= 1 && ticks.length <= 400, `${ticks.length}`)
    }),
  )
})

test('plots of anything are well-formed', () => {
  const point = fc.record({ x: fc.integer({ min: 1, max: 10_000 }), y: fc.nat(1e9).map((n) => n / 1000) })
  const series = fc.record({ name: fc.string(), points: fc.array(point, { minLength: 1, maxLength: 5 }) })
  const plot: fc.Arbitrary<Plot> = fc.record({
    ...{ name: fc.string(), title: fc.string(), xLabel: fc.string(), yLabel: fc.string() },
    kind: fc.constantFrom('lines' as const, 'bars' as const),
    series: fc.array(series, { minLength: 1, maxLength: 4 }),
    logX: fc.boolean(),
    logY: fc.boolean(),
  })
  fc.assert(
    fc.property(plot, (plot) => {
      const drawn = svgPlot({ ...plot, title: 'a <b> & "c"' })
      assert.doesNotMatch(drawn, /NaN|Infinity|undefined|<b>/)
      assert.match(drawn, /^<svg .*<\/svg>\n$/s)
    }),
  )
})

test('the command line', () => {
  const all = readArguments([])
  assert.deepEqual([all.scenarios.length > 5, all.seed, all.nodes, all.quick], [true, 1, undefined, false])
  const some = readArguments([
    'ttl',
    '--seed',
    '9',
    '--nodes',
    '50',
    '--queries',
    '10',
    '--out',
    'x',
    '--quick',
  ])
  const { scenarios, ...rest } = some
  assert.deepEqual(
    scenarios.map(({ name }) => name),
    ['ttl'],
  )
  assert.deepEqual(rest, {
    ...{ seed: 9, nodes: 50, queries: 10, out: 'x', quick: true },
    list: false,
    help: false,
    jobs: 2,
  })
  const bad = [
    ['nothing'],
    ['--nodes', '0'],
    ['--nodes', 'many'],
    ['--seed', '-1'],
    ['--what'],
    ['--out', ''],
    ['--queries', '1.5'],
    ['--jobs', '0'],
  ]
  for (const args of bad) assert.throws(() => readArguments(args), { name: 'Error' }, args.join(' '))
})
