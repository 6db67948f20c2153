import assert from 'node:assert/strict'
import { test } from 'node:test'
import { svgPlot } from './report/plot.ts'
import { markdownTable } from './report/table.ts'
import { run } from './run.ts'
import type { Scenario } from './scenario.ts'
import { SCENARIOS } from './scenarios/all.ts'
import { CONTENDERS, type RunSpec } from './spec.ts'

const QUICK = { seed: 5, nodes: 12, queries: 8, quick: true }

/** The last world of each way of finding things: of what is varied, the extreme. */
function extremes(scenario: Scenario): RunSpec[] {
  const specs = scenario.specs(QUICK)
  return [...CONTENDERS, 'replicas'].flatMap(
    (name) => specs.findLast(({ contender }) => contender === name) ?? [],
  )
}

for (const scenario of SCENARIOS) {
  test(`${scenario.name}: a small world of each kind runs and is told of`, async () => {
    const results = []
    for (const spec of extremes(scenario)) results.push(await run({ ...spec, settleMs: 10_000 }))
    const { tables, plots } = scenario.report(results)
    assert.ok(tables.length > 0)
    for (const table of tables) {
      assert.ok(table.rows.length > 0, table.title)
      for (const row of table.rows) assert.equal(row.length, table.head.length, table.title)
      assert.match(markdownTable(table), /^### .+\n/)
    }
    for (const plot of plots) assert.doesNotMatch(svgPlot(plot), /NaN|Infinity|undefined/)
  })
}
