import type { RunResult } from './measures.ts'
import type { Plot } from './report/plot.ts'
import type { Table } from './report/table.ts'
import type { RunSpec } from './spec.ts'

/** What a scenario is asked for on the command line. */
export interface ScenarioSizes {
  readonly seed: number
  /** Nodes of each world instead of the scenario's own sizes. */
  readonly nodes: number | undefined
  /** Searches of each measurement instead of the scenario's own number. */
  readonly queries: number | undefined
  /** Small worlds and few searches, to see that it works. */
  readonly quick: boolean
}

export interface Report {
  readonly tables: readonly Table[]
  readonly plots: readonly Plot[]
}

/** A question to the laboratory: the worlds that have to be run, and how to read what came out. */
export interface Scenario {
  readonly name: string
  readonly title: string
  /** What is done, for the reader of the tables. */
  readonly about: string
  specs(sizes: ScenarioSizes): RunSpec[]
  /** @param results in the order of the specs */
  report(results: readonly RunResult[]): Report
}

/** The sizes that count: those asked for, or the scenario's own, small ones when it has to be quick. */
export function sizesOf(
  { nodes, queries, quick }: ScenarioSizes,
  own: { readonly nodes: readonly number[]; readonly queries: number },
): { nodes: readonly number[]; queries: number } {
  return {
    nodes: nodes === undefined ? (quick ? [24] : own.nodes) : [nodes],
    queries: queries ?? (quick ? 24 : own.queries),
  }
}
