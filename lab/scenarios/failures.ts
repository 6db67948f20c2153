import { num, percent } from '../report/format.ts'
import { type Scenario, sizesOf } from '../scenario.ts'
import { CONTENDERS, type Step } from '../spec.ts'
import { QUERY_CLASSES } from '../workload.ts'
import { queriesOf, recallByClass, SUMMARY_HEAD, summaryCells } from './rows.ts'

const OWN = { nodes: [1000], queries: 200 }
const GONE = [0, 0.2, 0.5]
/** Moments after the failure at which searches begin, s. */
const MOMENTS = [0, 30, 60]
/** All searches of one moment begin within this time, ms. */
const OVER_MS = 10_000

/** What is still found when many nodes die at once. */
export const failures: Scenario = {
  name: 'failures',
  title: 'Many nodes die at once',
  about:
    'A share of the nodes is killed in one moment, without a goodbye. Searches begin at once, after 30 s and after 60 s; what only the dead had does not count.',
  specs(sizes) {
    const { nodes, queries } = sizesOf(sizes, OWN)
    return nodes.flatMap((count) =>
      CONTENDERS.flatMap((contender) =>
        GONE.map((share) => ({
          ...{ label: `${contender}, ${percent(share)} gone`, contender, nodes: count, seed: sizes.seed },
          steps: [{ do: 'kill' as const, share }, ...searchesAt(queries)],
        })),
      ),
    )
  },
  report(results) {
    const rows = results.flatMap((result) =>
      MOMENTS.map((s) => ({ result, s, searches: queriesOf(result, labelOf(s)) })),
    )
    const gone = (result: (typeof results)[number]) => {
      const kill = result.spec.steps[0]
      return kill?.do === 'kill' ? kill.share : 0
    }
    return {
      tables: [
        {
          title: 'Searches after a failure',
          note: `${num(results[0]?.spec.nodes ?? 0)} nodes before the failure.`,
          head: ['way', 'gone', 'after', 'dead named', ...SUMMARY_HEAD],
          rows: rows.map(({ result, s, searches }) => [
            ...[result.spec.contender, percent(gone(result)), `${s} s`, num(searches.all.stale)],
            ...summaryCells(searches.all),
          ]),
        },
        {
          title: 'Recall by kind of search',
          head: ['way', 'gone', 'after', ...QUERY_CLASSES],
          rows: rows.map(({ result, s, searches }) => [
            ...[result.spec.contender, percent(gone(result)), `${s} s`],
            ...recallByClass(searches),
          ]),
        },
      ],
      plots: GONE.filter((share) => share > 0).map((share) => ({
        name: `failures-${share * 100}`,
        title: `Recall after ${share * 100} % of the nodes died`,
        ...{ kind: 'lines' as const, xLabel: 's after the failure', yLabel: '%', maxY: 100 },
        series: CONTENDERS.map((name) => ({
          name,
          points: rows
            .filter(({ result }) => result.spec.contender === name && gone(result) === share)
            .map(({ s, searches }) => ({ x: s, y: searches.all.recall * 100 })),
        })),
      })),
    }
  },
}

const labelOf = (s: number) => `after ${s} s`

/** Searches at each moment. A step that takes longer than its searches' beginnings delays what follows by little. */
function searchesAt(queries: number): Step[] {
  return MOMENTS.flatMap((s, i) => [
    ...(i === 0 ? [] : [{ do: 'wait' as const, ms: (s - MOMENTS[i - 1]!) * 1000 - OVER_MS }]),
    { do: 'queries' as const, label: labelOf(s), count: queries, overMs: OVER_MS, salt: i },
  ])
}
