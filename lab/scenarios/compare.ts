import type { RunResult } from '../measures.ts'
import { num } from '../report/format.ts'
import type { Plot } from '../report/plot.ts'
import { type Scenario, sizesOf } from '../scenario.ts'
import type { ContenderName, WorldSpec } from '../spec.ts'
import { QUERY_CLASSES } from '../workload.ts'
import { backgroundOf, queriesOf, RESOURCES_HEAD, resourceCells, SUMMARY_HEAD, summaryCells } from './rows.ts'

const OWN = { nodes: [100, 1000, 10_000], queries: 500 }
const BACKGROUND_MS = 10_000
const QUERIES_MS = 30_000

interface Way {
  readonly name: string
  readonly contender: ContenderName
  readonly flood?: WorldSpec['flood']
  /** In larger networks only: in smaller ones there is no difference. */
  readonly above?: number
}

const WAYS: readonly Way[] = [
  { name: 'index', contender: 'index' },
  { name: 'zone', contender: 'zone' },
  { name: 'flood', contender: 'flood' },
  { name: 'flood, TTL 7', contender: 'flood', flood: { ttl: 7 }, above: 2000 },
  { name: 'flood without filters', contender: 'flood', flood: { filter: false } },
]

/** How the ways of finding things compare as the network grows. */
export const compare: Scenario = {
  name: 'compare',
  title: 'All ways of finding things, as the network grows',
  about:
    'Worlds of growing size, one for each way of finding things. Nodes join, share 20 files each, and when all has got around random nodes search.',
  specs(sizes) {
    const { nodes, queries } = sizesOf(sizes, OWN)
    return nodes.flatMap((count) =>
      WAYS.filter(({ above = 0 }) => count > above).map(({ name, contender, flood }) => ({
        ...{ label: name, contender, nodes: count, seed: sizes.seed, ...(flood && { flood }) },
        steps: [
          { do: 'background' as const, label: 'idle', ms: BACKGROUND_MS },
          { do: 'queries' as const, label: 'searches', count: queries, overMs: QUERIES_MS },
        ],
      })),
    )
  },
  report(results) {
    const all = results.map((result) => ({
      result,
      nodes: num(result.spec.nodes),
      way: result.spec.label,
      searches: queriesOf(result, 'searches'),
      background: backgroundOf(result),
    }))
    return {
      tables: [
        {
          title: 'Searches of all kinds',
          head: ['nodes', 'way', ...SUMMARY_HEAD],
          rows: all.map(({ nodes, way, searches }) => [nodes, way, ...summaryCells(searches.all)]),
        },
        {
          title: 'By kind of search',
          head: ['nodes', 'way', 'kind', ...SUMMARY_HEAD],
          rows: all.flatMap(({ nodes, way, searches }) =>
            QUERY_CLASSES.filter((kind) => searches.byClass[kind]).map((kind) => [
              ...[nodes, way, kind],
              ...summaryCells(searches.byClass[kind]!),
            ]),
          ),
        },
        {
          title: 'Load',
          note: 'Messages taken in during the searches (half a minute, background included) by the median node and by the busiest host, which may be the index server; messages sent by a node and second while nobody searches; messages of searches that the network carried beside those that the searches told.',
          head: [
            'nodes',
            'way',
            'median node',
            'busiest host',
            'idle a node and s',
            'idle, busiest',
            'carried',
            'told',
            'duplicates',
          ],
          rows: all.map(({ nodes, way, searches, background }) => [
            ...[nodes, way, num(searches.load.p50), num(searches.busiest)],
            ...[num(background.perNodeSecond), num(background.busiestPerSecond)],
            ...[num(searches.carried), num(searches.told), num(searches.duplicates)],
          ]),
        },
        {
          title: 'What the simulation took',
          head: ['nodes', 'way', ...RESOURCES_HEAD],
          rows: all.map(({ nodes, way, result }) => [nodes, way, ...resourceCells(result)]),
        },
      ],
      plots: plotsOf(results),
    }
  },
}

function plotsOf(results: readonly RunResult[]): Plot[] {
  const series = (read: (result: RunResult) => number) =>
    WAYS.map(({ name }) => ({
      name,
      points: results
        .filter(({ spec }) => spec.label === name)
        .map((result) => ({ x: result.spec.nodes, y: read(result) })),
    }))
  const searches = (result: RunResult) => queriesOf(result, 'searches')
  const common = { kind: 'lines' as const, xLabel: 'nodes', logX: true }
  return [
    {
      ...{
        ...common,
        name: 'compare-messages',
        title: 'Messages a search (mean)',
        yLabel: 'messages',
        logY: true,
      },
      series: series((result) => searches(result).all.messages.mean),
    },
    {
      ...{ ...common, name: 'compare-recall', title: 'Recall (mean)', yLabel: '%', maxY: 100 },
      series: series((result) => searches(result).all.recall * 100),
    },
    {
      ...{ ...common, name: 'compare-first-hit', title: 'Time to the first hit (median)', yLabel: 'ms' },
      series: series((result) => searches(result).all.firstHitMs.p50),
    },
    {
      ...{
        ...common,
        name: 'compare-load',
        title: 'Messages at the busiest host in half a minute of searches',
        yLabel: 'messages',
        logY: true,
      },
      series: series((result) => searches(result).busiest),
    },
    {
      ...{
        ...common,
        name: 'compare-idle',
        title: 'Messages a node and second while nobody searches',
        yLabel: 'messages',
      },
      series: series((result) => backgroundOf(result).perNodeSecond),
    },
  ]
}
