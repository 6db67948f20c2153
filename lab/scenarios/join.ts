import type { NewcomersMeasure, RunResult } from '../measures.ts'
import { millis, num } from '../report/format.ts'
import { type Scenario, sizesOf } from '../scenario.ts'
import { CONTENDERS } from '../spec.ts'
import { queriesOf, SUMMARY_HEAD, summaryCells } from './rows.ts'

const OWN = { nodes: [100, 500], queries: 300 }
const NEWCOMERS = 20
const QUERIES_MS = 10_000

/** How long it takes until a newcomer is found. */
export const join: Scenario = {
  name: 'join',
  title: 'Nodes join one after the other',
  about:
    'All nodes join within 20 s, each through one that came before, and share at once; ten seconds later others search. Then newcomers join one by one, each with a file that nobody else has, and ten random nodes look for it every half second until they find it.',
  specs(sizes) {
    const { nodes, queries } = sizesOf(sizes, OWN)
    return nodes.flatMap((count) =>
      CONTENDERS.map((contender) => ({
        ...{ label: `${contender}, ${count} nodes`, contender, nodes: count, seed: sizes.seed },
        ...{ joining: 'cold' as const, settleMs: 10_000 },
        steps: [
          { do: 'queries' as const, label: 'soon', count: queries, overMs: QUERIES_MS },
          { do: 'wait' as const, ms: 30_000 },
          { do: 'newcomers' as const, label: 'newcomers', count: sizes.quick ? 2 : NEWCOMERS },
        ],
      })),
    )
  },
  report(results) {
    const rows = results.map((result) => ({
      nodes: num(result.spec.nodes),
      way: result.spec.contender,
      soon: queriesOf(result, 'soon'),
      newcomers: newcomersOf(result),
    }))
    return {
      tables: [
        {
          title: 'Until a newcomer is found',
          note: 'From its start until the first of ten others, and until all ten, find its file. `all found`: newcomers for which that was within 60 s.',
          head: ['nodes', 'way', 'first p50', 'p99', 'all ten p50', 'p99', 'all found'],
          rows: rows.map(({ nodes, way, newcomers: { firstMs, allMs, foundByAll, count } }) => [
            ...[nodes, way, millis(firstMs.p50), millis(firstMs.p99)],
            ...[millis(allMs.p50), millis(allMs.p99), `${foundByAll} of ${count}`],
          ]),
        },
        {
          title: 'Searches right after all have joined',
          head: ['nodes', 'way', ...SUMMARY_HEAD],
          rows: rows.map(({ nodes, way, soon }) => [nodes, way, ...summaryCells(soon.all)]),
        },
      ],
      plots: [
        {
          ...{ name: 'join-found', title: 'Until all ten found the newcomer (median)', kind: 'lines' },
          ...{ xLabel: 'nodes', yLabel: 'ms', logX: true },
          series: CONTENDERS.map((name) => ({
            name,
            points: results
              .filter(({ spec }) => spec.contender === name)
              .map((result) => ({ x: result.spec.nodes, y: newcomersOf(result).allMs.p50 })),
          })),
        },
      ],
    }
  },
}

function newcomersOf({ measures, spec }: RunResult): NewcomersMeasure {
  const found = measures.find((measure) => measure.do === 'newcomers')
  if (!found) throw new Error(`The run ${spec.label} has no newcomers.`)
  return found
}
