import { num } from '../report/format.ts'
import { type Scenario, type ScenarioSizes, sizesOf } from '../scenario.ts'
import { CONTENDERS, type Step, type WorldSpec } from '../spec.ts'
import { QUERY_CLASSES } from '../workload.ts'
import { queriesOf, recallByClass, SUMMARY_HEAD, summaryCells } from './rows.ts'

/** A scenario in which one thing about the world or the steps is varied, for all ways of finding things. */
export interface Variation {
  readonly name: string
  readonly title: string
  readonly about: string
  /** What is varied; heads a column. */
  readonly what: string
  readonly nodes: readonly number[]
  readonly queries: number
  readonly cases: readonly VariationCase[]
}

export interface VariationCase {
  readonly label: string
  readonly spec?: Partial<WorldSpec>
  /** By default searches over a minute. They have to hold searches with the label `searches`. */
  readonly steps?: (queries: number, quick: boolean) => Step[]
}

const QUERIES_MS = 60_000

export function variation({ what, cases, nodes: own, queries: ownQueries, ...head }: Variation): Scenario {
  return {
    ...head,
    specs(sizes: ScenarioSizes) {
      const { nodes, queries } = sizesOf(sizes, { nodes: own, queries: ownQueries })
      return nodes.flatMap((count) =>
        CONTENDERS.flatMap((contender) =>
          cases.map(({ label, spec, steps }) => ({
            ...{ label: `${contender}, ${label}`, contender, nodes: count, seed: sizes.seed },
            ...spec,
            steps: steps?.(queries, sizes.quick) ?? [
              { do: 'queries' as const, label: 'searches', count: queries, overMs: QUERIES_MS },
            ],
          })),
        ),
      )
    },
    report(results) {
      const rows = results.map((result) => ({
        way: result.spec.contender,
        label: result.spec.label.slice(result.spec.contender.length + 2),
        searches: queriesOf(result, 'searches'),
      }))
      return {
        tables: [
          {
            title: 'Searches',
            note: `${num(results[0]?.spec.nodes ?? 0)} nodes.`,
            head: ['way', what, 'living at the end', ...SUMMARY_HEAD],
            rows: rows.map(({ way, label, searches }) => [
              ...[way, label, num(searches.living)],
              ...summaryCells(searches.all),
            ]),
          },
          {
            title: 'Recall by kind of search',
            head: ['way', what, ...QUERY_CLASSES],
            rows: rows.map(({ way, label, searches }) => [way, label, ...recallByClass(searches)]),
          },
        ],
        plots: [
          {
            ...{ name: `${head.name}-recall`, title: `Recall: ${head.title}`, kind: 'bars' },
            ...{ xLabel: what, yLabel: '%', maxY: 100 },
            series: CONTENDERS.map((name) => ({
              name,
              points: rows
                .filter(({ way }) => way === name)
                .map(({ label, searches }) => ({ x: label, y: searches.all.recall * 100 })),
            })),
          },
        ],
      }
    },
  }
}
