import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunResult } from '../measures.ts'
import type { Scenario } from '../scenario.ts'
import { svgPlot } from './plot.ts'
import { markdownTable } from './table.ts'

export interface WriteOptions {
  /** Folder for the files; made when it is not there. */
  readonly out: string
  /** Processor, cores, versions. */
  readonly machine: string
  /** ISO date. */
  readonly date: string
}

/** Writes NAME.md, NAME.json and the plots. Returns the tables in Markdown. @throws what the file system does */
export function writeReport(
  scenario: Scenario,
  results: readonly RunResult[],
  { out, machine, date }: WriteOptions,
): string {
  const { tables, plots } = scenario.report(results)
  mkdirSync(join(out, 'img'), { recursive: true })
  for (const plot of plots) writeFileSync(join(out, 'img', `${plot.name}.svg`), svgPlot(plot))
  const text = tables.map(markdownTable).join('\n')
  const seeds = [...new Set(results.map(({ spec }) => spec.seed))].join(', ')
  const page = [
    `# ${scenario.title}`,
    '',
    scenario.about,
    '',
    `Made by \`npm run lab -- ${scenario.name}\` on ${date}, seed ${seeds}, on ${machine}. What the columns mean is told in [README.md](README.md).`,
    '',
    ...plots.map((plot) => `![${plot.title}](img/${plot.name}.svg)\n`),
    text,
  ].join('\n')
  writeFileSync(join(out, `${scenario.name}.md`), page)
  writeFileSync(join(out, `${scenario.name}.json`), `${JSON.stringify(results, rounded, 1)}\n`)
  return text
}

/** Four decimals are enough for everything. */
const rounded = (_key: string, value: unknown) =>
  typeof value === 'number' ? Math.round(value * 10_000) / 10_000 : value
