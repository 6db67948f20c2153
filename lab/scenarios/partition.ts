import { num } from '../report/format.ts'
import { type Scenario, sizesOf } from '../scenario.ts'
import { CONTENDERS, type Step } from '../spec.ts'
import { queriesOf, SUMMARY_HEAD, summaryCells } from './rows.ts'

const OWN = { nodes: [500], queries: 300 }
const PARTED_MS = 60_000
const OVER_MS = 10_000
const PHASES = [
  'before',
  'just parted',
  'parted for 50 s',
  'just healed',
  'healed for 30 s',
  'healed for 120 s',
]

/** The network falls into two halves, and grows together again. */
export const partition: Scenario = {
  name: 'partition',
  title: 'Two halves that hear nothing of each other for a minute',
  about:
    'Half of the nodes is cut off from the other half for 60 s; an index server is in one of them. While it is parted, only what is on the side of who asks counts.',
  specs(sizes) {
    const { nodes, queries } = sizesOf(sizes, OWN)
    const searches = (phase: string, salt: number): Step => ({
      ...{ do: 'queries', label: phase, count: queries, overMs: OVER_MS, salt },
      among: 'side',
    })
    const steps: Step[] = [
      searches(PHASES[0]!, 0),
      { do: 'partition' },
      searches(PHASES[1]!, 1),
      { do: 'wait', ms: PARTED_MS - 2 * OVER_MS },
      searches(PHASES[2]!, 2),
      { do: 'heal' },
      searches(PHASES[3]!, 3),
      { do: 'wait', ms: 30_000 - OVER_MS },
      searches(PHASES[4]!, 4),
      { do: 'wait', ms: 90_000 - OVER_MS },
      searches(PHASES[5]!, 5),
    ]
    return nodes.flatMap((count) =>
      CONTENDERS.map((contender) => ({
        ...{ label: contender, contender, nodes: count, seed: sizes.seed, steps },
      })),
    )
  },
  report(results) {
    const rows = results.flatMap((result) =>
      PHASES.map((phase) => ({ way: result.spec.contender, phase, searches: queriesOf(result, phase) })),
    )
    return {
      tables: [
        {
          title: 'Searches',
          note: `${num(results[0]?.spec.nodes ?? 0)} nodes.`,
          head: ['way', 'when', ...SUMMARY_HEAD],
          rows: rows.map(({ way, phase, searches }) => [way, phase, ...summaryCells(searches.all)]),
        },
      ],
      plots: [
        {
          ...{ name: 'partition-recall', title: 'Recall around a partition', kind: 'bars' },
          ...{ xLabel: '', yLabel: '%', maxY: 100 },
          series: CONTENDERS.map((name) => ({
            name,
            points: rows
              .filter(({ way }) => way === name)
              .map(({ phase, searches }) => ({ x: phase, y: searches.all.recall * 100 })),
          })),
        },
      ],
    }
  },
}
