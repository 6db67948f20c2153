import type { CopiesMeasure, ReplicasMeasure, RunResult } from '../measures.ts'
import { availability, replicasFor } from '../replicas/formula.ts'
import { num, percent } from '../report/format.ts'
import type { Plot } from '../report/plot.ts'
import type { Table } from '../report/table.ts'
import { type Scenario, type ScenarioSizes, sizesOf } from '../scenario.ts'
import type { ReplicasSpec, RunSpec } from '../spec.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const OWN = { nodes: [100], queries: 0 }
const UP = [0.5, 0.7, 0.9]
const GOAL = 0.999

/** What is done about copies that are gone. */
const WAYS: readonly { readonly name: string; readonly graceMs: ReplicasSpec['graceMs'] }[] = [
  { name: 'never', graceMs: 'never' },
  { name: 'after 30 s', graceMs: 30_000 },
  { name: 'after 30 min', graceMs: 30 * MINUTE_MS },
]

/** Where nothing is made again nearly nothing is said: there can be more files. */
const REPAIRED = { files: filesOf([20, 20, 12, 5, 3]), warmUpMs: HOUR_MS, forMs: 3 * HOUR_MS }
const NEVER = { files: filesOf([40, 40, 30, 20, 15]), warmUpMs: 0, forMs: 4 * HOUR_MS }
const QUICK = { files: filesOf([1, 2, 2, 0, 0]), warmUpMs: 5 * MINUTE_MS, forMs: 15 * MINUTE_MS }

/** What copies that other peers keep are worth. */
export const replicas: Scenario = {
  name: 'replicas',
  title: 'Copies at other peers: how often a file is there whose owner has left',
  about:
    'Owners have copies of their files kept by others and leave for good. The others come and go: sessions are Weibull distributed (k = 0.59, λ = 41.9 min; Stutzbach and Rejaie 2006), pauses have the same shape and are as long as it takes for nodes to be there for 50, 70 or 90 % of the time. Copies at those who are gone are made again by those who are left after 30 s (the default), after 30 minutes, or never.',
  specs(sizes) {
    return sizesOf(sizes, OWN).nodes.flatMap((nodes) =>
      UP.flatMap((up) => WAYS.map((way) => specOf(way, { up, nodes, sizes }))),
    )
  },
  report(results) {
    const all = results.map((result) => ({
      result,
      up: percent(result.spec.replicas?.up ?? 0),
      way: wayOf(result),
      measure: replicasOf(result),
    }))
    const rows = all.flatMap((each) => each.measure.copies.map((copies) => ({ ...each, copies })))
    return {
      tables: [
        availabilityTable(results),
        {
          title: 'What it costs',
          note: 'Mean of the files. `there`: copies at nodes that are there; `on disks`: with those at nodes that are away, which some of them will find superfluous when they are back. `fetched an hour`: bytes that all nodes together fetched of a file, as a multiple of its size. `longest gap`: the worst of the files.',
          head: ['nodes up', 'made again', 'copies', 'there', 'on disks', 'fetched an hour', 'longest gap'],
          rows: rows.map(({ up, way, copies }) => [
            ...[up, way, `${copies.replicas}`, num(copies.live), num(copies.stored)],
            ...[num(copies.fetchedPerHour), `${num(copies.longestGapMs / MINUTE_MS)} min`],
          ]),
        },
        {
          title: 'The worlds',
          note: '`measured up`: the share of the time that nodes were there. `most live`: by how many the copies of one file at nodes that were there were too many, at worst. `most holders`: in one set, those who are gone included.',
          head: [
            ...['nodes up', 'made again', 'measured up', 'files', 'hours', 'most live'],
            ...['most holders', 'messages a node and s', 'warnings'],
          ],
          rows: all.map(({ up, way, measure, result }) => [
            ...[up, way, percent(measure.up), num(sum(measure.copies.map(({ files }) => files)))],
            num((result.spec.replicas?.forMs ?? 0) / HOUR_MS),
            `+${Math.max(...measure.copies.map(({ mostLive, replicas }) => mostLive - replicas))}`,
            ...[num(measure.mostHolders), num(measure.perNodeSecond)],
            num(sum(Object.values(measure.warnings))),
          ]),
        },
      ],
      plots: plotsOf(results),
    }
  },
}

function specOf(
  { name, graceMs }: (typeof WAYS)[number],
  { up, nodes, sizes }: { up: number; nodes: number; sizes: ScenarioSizes },
): RunSpec {
  const extent = sizes.quick ? QUICK : graceMs === 'never' ? NEVER : REPAIRED
  return {
    ...{
      label: `nodes up ${percent(up)}, made again ${name}`,
      contender: 'replicas',
      nodes,
      seed: sizes.seed,
      steps: [],
    },
    // 100 MiB at 16 Mbit/s.
    replicas: { up, graceMs, ...extent, sizeBytes: 100 * 2 ** 20, bytesPerSecond: 2 * 2 ** 20 },
  }
}

/** One row for each number of copies, with the formula beside what was measured. */
function availabilityTable(results: readonly RunResult[]): Table {
  const ways = WAYS.filter(({ name }) => results.some((result) => wayOf(result) === name))
  const kinds = UP.flatMap((up) => {
    const own = results.filter(({ spec }) => spec.replicas?.up === up)
    const counts = own[0] ? replicasOf(own[0]).copies.map(({ replicas }) => replicas) : []
    return counts.map((count) => ({ up, own, count }))
  })
  const wanted = UP.map((up) => `${replicasFor(up, GOAL)} with ${percent(up)}`).join(', ')
  return {
    title: 'Share of the time at which a file is there',
    note: `At least one node that is there has it whole; the owner does not count. Formula: 1 - (1 - a)^r; with the share at which nodes were measured to be up in the world without repair in brackets. After ±: the standard error, from file to file. For 99.9 % the formula asks for ln 0.001 / ln(1 - a) copies: ${wanted}.`,
    head: ['nodes up', 'copies', 'formula', ...ways.map(({ name }) => `made again ${name}`)],
    rows: kinds.map(({ up, own, count }) => {
      const still = own.find(({ spec }) => spec.replicas?.graceMs === 'never')
      const real = still ? ` (${percent(availability(replicasOf(still).up, count))})` : ''
      return [
        ...[percent(up), `${count}`, `${percent(availability(up, count))}${real}`],
        ...ways.map(({ name }) => availableCell(own, name, count)),
      ]
    }),
  }
}

function availableCell(own: readonly RunResult[], way: string, count: number): string {
  const result = own.find((each) => wayOf(each) === way)
  const copies = result && copiesOf(result, count)
  if (!copies) return '–'
  return copies.error > 0
    ? `${percent(copies.available)} ± ${num(copies.error * 100)}`
    : percent(copies.available)
}

function plotsOf(results: readonly RunResult[]): Plot[] {
  return UP.map((up) => {
    const own = results.filter(({ spec }) => spec.replicas?.up === up)
    const counts = own[0] ? replicasOf(own[0]).copies.map(({ replicas }) => replicas) : []
    const measured = own.map((result) => ({
      name: `made again ${wayOf(result)}`,
      points: replicasOf(result).copies.map(({ replicas, available }) => ({
        x: replicas,
        y: available * 100,
      })),
    }))
    const formula = {
      name: 'formula',
      points: counts.map((count) => ({ x: count, y: availability(up, count) * 100 })),
    }
    return {
      ...{ name: `replicas-${up * 100}`, title: `A file is there, nodes up ${percent(up)} of the time` },
      ...{ kind: 'lines' as const, xLabel: 'copies', yLabel: '%', maxY: 100 },
      series: [formula, ...measured],
    }
  }).filter(({ series }) => series[0]!.points.length > 0)
}

const wayOf = ({ spec }: RunResult): string =>
  WAYS.find(({ graceMs }) => graceMs === spec.replicas?.graceMs)?.name ?? ''

function copiesOf(result: RunResult, count: number): CopiesMeasure | undefined {
  return replicasOf(result).copies.find(({ replicas }) => replicas === count)
}

function replicasOf({ measures, spec }: RunResult): ReplicasMeasure {
  const found = measures.find((measure) => measure.do === 'replicas')
  if (!found) throw new Error(`The run ${spec.label} has no replicas.`)
  return found
}

/** Files of 1, 2, 3, 6 and 10 copies. */
function filesOf(counts: readonly number[]): ReplicasSpec['files'] {
  return [1, 2, 3, 6, 10].map((replicas, i) => ({ replicas, count: counts[i] ?? 0 }))
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
