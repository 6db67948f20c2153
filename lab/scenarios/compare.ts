import type { RunResult } from '../measures.ts'
import { num } from '../report/format.ts'
import type { Plot } from '../report/plot.ts'
import { type Report, type Scenario, type ScenarioSizes, sizesOf } from '../scenario.ts'
import type { ContenderName, RunSpec, WorldSpec } from '../spec.ts'
import { QUERY_CLASSES } from '../workload.ts'
import { backgroundOf, queriesOf, RESOURCES_HEAD, resourceCells, SUMMARY_HEAD, summaryCells } from './rows.ts'

const BACKGROUND_MS = 10_000
const QUERIES_MS = 30_000

/** One way of finding things, as a comparison has it. */
export interface Way {
  readonly name: string
  readonly contender: ContenderName
  readonly flood?: WorldSpec['flood']
  /** In larger networks only: in smaller ones there is no difference. */
  readonly above?: number
  /** How the nodes of a world of this size begin. */
  readonly begin?: (
    nodes: number,
    quick: boolean,
  ) => Pick<WorldSpec, 'joinEveryMs' | 'shareMs' | 'settleMs' | 'slowdown'>
}

const WAYS: readonly Way[] = [
  { name: 'index', contender: 'index' },
  { name: 'zone', contender: 'zone' },
  { name: 'flood', contender: 'flood' },
  { name: 'flood, TTL 7', contender: 'flood', flood: { ttl: 7 }, above: 2000 },
  { name: 'flood without filters', contender: 'flood', flood: { filter: false } },
]

/** How the ways of finding things compare as the network grows. */
export const compare: Scenario = comparison({
  name: 'compare',
  title: 'All ways of finding things, as the network grows',
  about:
    'Worlds of growing size, one for each way of finding things. Nodes join, share 20 files each, and when all has got around random nodes search.',
  ways: WAYS,
  nodes: [100, 1000, 10_000],
  queries: 500,
  times: () => ({ backgroundMs: BACKGROUND_MS, queriesMs: QUERIES_MS }),
  during: 'half a minute',
})

export interface Comparison extends Pick<Scenario, 'name' | 'title' | 'about'> {
  readonly ways: readonly Way[]
  readonly nodes: readonly number[]
  readonly queries: number
  readonly times: (quick: boolean) => { readonly backgroundMs: number; readonly queriesMs: number }
  /** How long the searches take, in words. */
  readonly during: string
}

/** A scenario that puts ways of finding things beside each other in worlds of several sizes. */
export function comparison({ ways, times, during, ...head }: Comparison): Scenario {
  return {
    name: head.name,
    title: head.title,
    about: head.about,
    specs: (sizes) => specsOf({ ways, times, during, ...head }, sizes),
    report: (results) => reportOf({ ways, times, during, ...head }, results),
  }
}

function specsOf({ ways, times, ...own }: Comparison, sizes: ScenarioSizes): RunSpec[] {
  const { nodes, queries } = sizesOf(sizes, own)
  const { backgroundMs, queriesMs } = times(sizes.quick)
  return nodes.flatMap((count) =>
    ways
      .filter(({ above = 0 }) => count > above)
      .map(({ name, contender, flood, begin }) => ({
        ...{ label: name, contender, nodes: count, seed: sizes.seed, ...(flood && { flood }) },
        ...begin?.(count, sizes.quick),
        steps: [
          { do: 'background' as const, label: 'idle', ms: backgroundMs },
          { do: 'queries' as const, label: 'searches', count: queries, overMs: queriesMs },
        ],
      })),
  )
}

function reportOf(comparison: Comparison, results: readonly RunResult[]): Report {
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
        note: `Messages taken in during the searches (${comparison.during}, background included) by the median node and by the busiest host, which may be the index server; messages sent by a node and second while nobody searches; messages of searches that the network carried beside those that the searches told.`,
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
    plots: plotsOf(comparison, results),
  }
}

function plotsOf({ name: own, ways, during }: Comparison, results: readonly RunResult[]): Plot[] {
  const series = (read: (result: RunResult) => number) =>
    ways.map(({ name }) => ({
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
        name: `${own}-messages`,
        title: 'Messages a search (mean)',
        yLabel: 'messages',
        logY: true,
      },
      series: series((result) => searches(result).all.messages.mean),
    },
    {
      ...{ ...common, name: `${own}-recall`, title: 'Recall (mean)', yLabel: '%', maxY: 100 },
      series: series((result) => searches(result).all.recall * 100),
    },
    {
      ...{ ...common, name: `${own}-first-hit`, title: 'Time to the first hit (median)', yLabel: 'ms' },
      series: series((result) => searches(result).all.firstHitMs.p50),
    },
    {
      ...{
        ...common,
        name: `${own}-load`,
        title: `Messages at the busiest host in ${during} of searches`,
        yLabel: 'messages',
        logY: true,
      },
      series: series((result) => searches(result).busiest),
    },
    {
      ...{
        ...common,
        name: `${own}-idle`,
        title: 'Messages a node and second while nobody searches',
        yLabel: 'messages',
      },
      series: series((result) => backgroundOf(result).perNodeSecond),
    },
  ]
}
