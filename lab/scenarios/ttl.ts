import { num } from '../report/format.ts'
import { type Scenario, sizesOf } from '../scenario.ts'
import { QUERY_CLASSES } from '../workload.ts'
import { queriesOf, recallByClass, SUMMARY_HEAD, summaryCells } from './rows.ts'

const OWN = { nodes: [1000], queries: 500 }
const TTLS = [3, 5, 7]
const QUERIES_MS = 60_000

/** What the flood's reach and its filters are worth. */
export const ttl: Scenario = {
  name: 'ttl',
  title: 'Flood: how far a query goes, with and without keyword filters',
  about:
    'The same network and searches, with each TTL, with and without the filters by which nodes know what their neighbourhood has.',
  specs(sizes) {
    const { nodes, queries } = sizesOf(sizes, OWN)
    return nodes.flatMap((count) =>
      [true, false].flatMap((filter) =>
        TTLS.map((ttl) => ({
          ...{ label: `TTL ${ttl}${filter ? '' : ' without filters'}`, contender: 'flood' as const },
          ...{ nodes: count, seed: sizes.seed, flood: { ttl, filter } },
          steps: [{ do: 'queries' as const, label: 'searches', count: queries, overMs: QUERIES_MS }],
        })),
      ),
    )
  },
  report(results) {
    const rows = results.map((result) => ({
      ttl: result.spec.flood?.ttl ?? 0,
      filter: result.spec.flood?.filter ?? true,
      searches: queriesOf(result, 'searches'),
    }))
    const series = (read: (row: (typeof rows)[number]) => number) =>
      [true, false].map((filter) => ({
        name: filter ? 'with filters' : 'without',
        points: rows.filter((row) => row.filter === filter).map((row) => ({ x: row.ttl, y: read(row) })),
      }))
    const common = { kind: 'lines' as const, xLabel: 'TTL' }
    return {
      tables: [
        {
          title: 'Searches',
          note: `${num(results[0]?.spec.nodes ?? 0)} nodes.`,
          head: ['filters', 'TTL', ...SUMMARY_HEAD, 'duplicates'],
          rows: rows.map(({ filter, ttl, searches }) => [
            ...[filter ? 'yes' : 'no', `${ttl}`],
            ...summaryCells(searches.all),
            num(searches.duplicates),
          ]),
        },
        {
          title: 'Recall by kind of search',
          head: ['filters', 'TTL', ...QUERY_CLASSES],
          rows: rows.map(({ filter, ttl, searches }) => [
            filter ? 'yes' : 'no',
            `${ttl}`,
            ...recallByClass(searches),
          ]),
        },
        {
          title: 'Messages by kind of search (mean)',
          head: ['filters', 'TTL', ...QUERY_CLASSES],
          rows: rows.map(({ filter, ttl, searches }) => [
            ...[filter ? 'yes' : 'no', `${ttl}`],
            ...QUERY_CLASSES.map((kind) => num(searches.byClass[kind]?.messages.mean ?? Number.NaN)),
          ]),
        },
      ],
      plots: [
        {
          ...{ ...common, name: 'ttl-messages', title: 'Messages a search (mean)', yLabel: 'messages' },
          series: series(({ searches }) => searches.all.messages.mean),
        },
        {
          ...{ ...common, name: 'ttl-recall', title: 'Recall (mean)', yLabel: '%', maxY: 100 },
          series: series(({ searches }) => searches.all.recall * 100),
        },
      ],
    }
  },
}
