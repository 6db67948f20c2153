import type { RunSpec } from './spec.ts'
import type { Spread } from './stats.ts'

/** One search as the laboratory saw it. */
export interface Outcome {
  readonly kind: string
  readonly recall: number
  /** Different CIDs found. */
  readonly found: number
  /** CIDs that were named without a provider that lives. */
  readonly stale: number
  readonly messages: number
  readonly bytes: number
  readonly asked: number
  readonly hops: number | undefined
  readonly firstHitMs: number | undefined
  readonly endMs: number
  /** Why it failed as a whole; undefined when it did not. */
  readonly error: string | undefined
  readonly problems: number
}

/** Many of them. */
export interface Summary {
  readonly count: number
  readonly failed: number
  readonly recall: number
  /** Share of the searches that found all there was. */
  readonly complete: number
  readonly stale: number
  readonly found: number
  readonly messages: Spread
  readonly bytes: Spread
  readonly asked: Spread
  readonly hops: number
  readonly firstHitMs: Spread
  readonly endMs: Spread
}

export interface QueryMeasure {
  readonly do: 'queries' | 'churn'
  readonly label: string
  readonly living: number
  readonly all: Summary
  readonly byClass: Readonly<Record<string, Summary>>
  /** Messages that a node took in meanwhile, of all kinds. */
  readonly load: Spread
  /** The same for the busiest host, an index server included. */
  readonly busiest: number
  /** Messages of searches that the network carried, all in all, and what the searches said that they cost. */
  readonly carried: number
  readonly told: number
  /** Copies of queries that were worked on more than once. */
  readonly duplicates: number
  /** The commonest faults. */
  readonly faults: readonly string[]
}

export interface BackgroundMeasure {
  readonly do: 'background'
  readonly label: string
  /** Messages sent a node and second. */
  readonly perNodeSecond: number
  readonly busiestPerSecond: number
  /** By kind, a node and second. */
  readonly kinds: Readonly<Record<string, number>>
}

export interface NewcomersMeasure {
  readonly do: 'newcomers'
  readonly label: string
  readonly count: number
  /** Newcomers that every seeker found in time. */
  readonly foundByAll: number
  /** From the start of a newcomer until one seeker, and until all of them, found its file, ms. */
  readonly firstMs: Spread
  readonly allMs: Spread
}

/** What became of the files that so many copies were wanted of. */
export interface CopiesMeasure {
  readonly replicas: number
  readonly files: number
  /** Share of the (file, moment) pairs at which a node was there that has the file whole, and the standard error of that, from file to file. */
  readonly available: number
  readonly error: number
  /** Longest time for which one of the files was not there, ms; at most the time measured. */
  readonly longestGapMs: number
  /** Copies of a file, mean: at nodes that are there, and on all disks. */
  readonly live: number
  readonly stored: number
  /** Most copies of one file at nodes that were there. */
  readonly mostLive: number
  /** Bytes fetched of a file in an hour, as a multiple of its size. */
  readonly fetchedPerHour: number
}

export interface ReplicasMeasure {
  readonly do: 'replicas'
  /** Share of the time that nodes were there. */
  readonly up: number
  /** Until all copies had been placed, ms. */
  readonly placedMs: number
  readonly copies: readonly CopiesMeasure[]
  /** Most holders that one set named, those who are gone included. */
  readonly mostHolders: number
  /** Messages sent by a node that is there, a second. */
  readonly perNodeSecond: number
  /** By kind. */
  readonly kinds: Readonly<Record<string, number>>
  /** What nodes warned of, and how often. */
  readonly warnings: Readonly<Record<string, number>>
}

export type Measure = QueryMeasure | BackgroundMeasure | NewcomersMeasure | ReplicasMeasure

export interface RunResult {
  readonly spec: RunSpec
  readonly measures: readonly Measure[]
  /** Messages by kind in the whole run. */
  readonly sent: Readonly<Record<string, number>>
  /** Virtual time of the whole run, ms. */
  readonly virtualMs: number
  /** Events that the clock ran. */
  readonly events: number
  /** What it took in earnest; the only part that is not the same each time. */
  readonly real: {
    readonly wallMs: number
    readonly peakRssMiB: number
    readonly phases: Readonly<Record<string, number>>
  }
}
