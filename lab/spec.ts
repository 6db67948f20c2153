import type { LatencyOptions } from './sim/latency.ts'

/** What is run: JSON values only, so that a world can be run by another process. */

/** Ways of finding things, each with a world of its own, that go by a virtual clock. */
export const CONTENDERS = ['index', 'zone', 'flood'] as const
/** The DHT runs js-libp2p, which goes by the time of day. In a world of `replicas` nothing is searched for. */
export type ContenderName = (typeof CONTENDERS)[number] | 'dht' | 'replicas'

export interface WorldSpec {
  readonly contender: ContenderName
  readonly nodes: number
  readonly seed: number
  /** Default 20. */
  readonly filesPerNode?: number
  /**
   * `cold`: nodes join one after the other through one that came before. `warm`: they know each other as after a long time; streams between
   * neighbours, publishing and gossip happen all the same. Default: cold up to 1,000 nodes. An index world is always cold.
   */
  readonly joining?: 'cold' | 'warm'
  /**
   * `told`: nodes announce what they have when they have joined. `settled`: all know of it from the beginning, as after a long time; only for
   * warm worlds of contenders that can do so. Default: told up to 3,000 nodes.
   */
  readonly sharing?: 'told' | 'settled'
  /** Time between the starts of two nodes, ms. Default: all of them within 20 s, when warm 2 s. */
  readonly joinEveryMs?: number
  /** Time over which nodes begin to share, ms. Default 1,000. */
  readonly shareMs?: number
  /** Time between the last announcement and the first step, ms. Default 60,000, when warm 30,000, when settled 5,000. */
  readonly settleMs?: number
  /** Share of the nodes that nobody can call. Default 0. */
  readonly nat?: number
  /** A world by the time of day in which everything takes so many times as long, so that the machine keeps up. Default 1. */
  readonly slowdown?: number
  readonly latency?: Partial<LatencyOptions>
  readonly flood?: { readonly ttl?: number; readonly filter?: boolean }
}

export type Step =
  | QueriesStep
  | BackgroundStep
  | NewcomersStep
  | ChurnStep
  | { readonly do: 'wait'; readonly ms: number }
  /** Kills this share of the nodes at once; `silent`: their machines, so that no connection breaks. */
  | { readonly do: 'kill'; readonly share: number; readonly silent?: boolean }
  /** Cuts the network into two halves that hear nothing of each other. */
  | { readonly do: 'partition' }
  | { readonly do: 'heal' }

/** Random living nodes search; measured is what they find and what it costs. */
export interface QueriesStep {
  readonly do: 'queries'
  readonly label: string
  readonly count: number
  /** Virtual time over which they begin, ms. */
  readonly overMs: number
  /** Most different CIDs wanted. Default 100. */
  readonly limit?: number
  /** What there is to find: of all living nodes, or of those on the asker's side of a partition. Default all. */
  readonly among?: 'all' | 'side'
  /** Other queries than another step with the same number. Default 0. */
  readonly salt?: number
}

/** Nobody searches; measured is what is said nevertheless. */
export interface BackgroundStep {
  readonly do: 'background'
  readonly label: string
  readonly ms: number
}

/** Nodes join with a file that nobody has; measured is how long it takes until random others find it. */
export interface NewcomersStep {
  readonly do: 'newcomers'
  readonly label: string
  readonly count: number
  /** Others that look for each of them. Default 10. */
  readonly seekers?: number
  /** Given up after this, ms. Default 60,000. */
  readonly patienceMs?: number
}

/** Nodes leave and come back while others search. */
export interface ChurnStep extends Omit<QueriesStep, 'do' | 'overMs'> {
  readonly do: 'churn'
  readonly forMs: number
  /** How much faster than measured nodes come and go. Default 1. */
  readonly scale?: number
  /** Share of those who leave that say goodbye. Default 0.5. */
  readonly goodbye?: number
}

export interface RunSpec extends WorldSpec {
  /** For tables. */
  readonly label: string
  readonly steps: readonly Step[]
  /** For a world of `replicas`: what happens in it instead of steps. */
  readonly replicas?: ReplicasSpec
}

/** Nodes keep copies of files whose owners have left, and come and go. */
export interface ReplicasSpec {
  /** Share of the time that a node is there. */
  readonly up: number
  /** Who has not been heard of for this long is taken for gone, and what it kept is made again, ms; `never`: no copy is ever made again. */
  readonly graceMs: number | 'never'
  /** Files of each kind, by copies wanted. */
  readonly files: readonly { readonly replicas: number; readonly count: number }[]
  readonly sizeBytes: number
  /** Of one fetch. */
  readonly bytesPerSecond: number
  /** After the owners have left, until it is looked at, ms. */
  readonly warmUpMs: number
  readonly forMs: number
}
