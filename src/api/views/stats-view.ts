import type { LocatorReport } from './search-view.ts'

/** What the node did and does, over time. */
export interface StatsPort {
  view(): Promise<StatsView>
  /** Searches made here that are over, newest first. */
  searches(options: LogPageOptions): LogPage<SearchRow>
  /** Queries of others that this node has worked for, newest first; none while the setting `logQueries` is off. */
  queries(options: LogPageOptions): LogPage<QueryRow>
}

export interface LogPageOptions {
  /** Most rows wanted. */
  readonly limit: number
  /** `cursor` of the page before: only rows older than the one with this id. */
  readonly cursor?: string | undefined
}

export interface LogPage<Row> {
  readonly rows: readonly Row[]
  /** For the next page; undefined at the end. */
  readonly cursor?: string | undefined
}

export interface StatsView {
  /** ms since the Unix epoch. */
  readonly nowMs: number
  readonly startedMs: number
  /** Since the start. */
  readonly totals: StatsTotals
  readonly now: StatsNow
  readonly storage: StatsStorage
  readonly series: { readonly hour: SeriesView; readonly day: SeriesView }
}

export interface StatsTotals {
  /** Bytes of blocks. */
  readonly uploadedBytes: number
  /** Of them, to peers on the local network. */
  readonly uploadedLanBytes: number
  /** Verified. */
  readonly downloadedBytes: number
  readonly downloadedLanBytes: number
  readonly blocksVerified: number
  /** Why sources gave no more blocks. */
  readonly blockFailures: Readonly<Record<string, number>>
  /** Made here. */
  readonly searches: number
  /** Different CIDs that these found. */
  readonly hits: number
  /** Messages that went for them, by locator. */
  readonly messages: Readonly<Record<string, number>>
  /** Of others, by locator. */
  readonly queries: Readonly<Record<string, QueryCounts>>
  readonly downloadsDone: number
  readonly downloadsFailed: number
  /** Files of the downloads that are done. */
  readonly filesDone: number
}

export interface QueryCounts {
  readonly received: number
  /** With at least one hit. */
  readonly answered: number
  /** Not worked for. */
  readonly dropped: number
}

export interface StatsNow {
  readonly peersKnown: number
  /** Of the network without a server: 0 when this node takes no part in it. So are the next three. */
  readonly peersAlive: number
  readonly neighbours: number
  readonly zoneSize: number
  readonly networkSize: number
  readonly dhtContacts: number
  readonly dhtMode: 'client' | 'server'
  /** Records that it keeps for others. */
  readonly dhtRecords: number
  readonly downloadsActive: number
  readonly uploadsActive: number
  readonly uploadsQueued: number
}

export interface StatsStorage {
  readonly libraryFiles: number
  readonly libraryBytes: number
  /** Bytes of the database files. */
  readonly catalogueBytes: number
  readonly stateBytes: number
  /** Free where downloads go; undefined when it cannot be told. */
  readonly downloadsBytesLeft?: number | undefined
  /** Free where the data folder is. */
  readonly freeBytes?: number | undefined
}

/** Amounts and levels in steps of equal length, the oldest first; all lists are equally long, and begin with the start of the node. */
export interface SeriesView {
  readonly stepMs: number
  /** When the last step ended, ms since the Unix epoch. */
  readonly endMs: number
  /** In each step. */
  readonly uploadedBytes: readonly number[]
  readonly downloadedBytes: readonly number[]
  readonly blockFailures: readonly number[]
  readonly searches: readonly number[]
  readonly queries: readonly number[]
  /** At the end of each step. */
  readonly peersAlive: readonly number[]
  readonly neighbours: readonly number[]
}

/** What was looked for. */
export interface AskedFor {
  readonly words?: string | undefined
  readonly sha256?: string | undefined
  readonly cid?: string | undefined
}

/** A search made here that is over. */
export interface SearchRow {
  /** UUID; the one of the first flooded query when it was flooded. */
  readonly id: string
  /** UUIDs of all queries that were flooded for it. */
  readonly queryIds: readonly string[]
  readonly startedMs: number
  readonly query: AskedFor
  readonly ms: number
  readonly hits: number
  readonly reason: 'limit' | 'complete' | 'timeout' | 'cancelled'
  readonly via: Readonly<Record<string, LocatorReport>>
  readonly responders: readonly ResponderRow[]
}

/** A peer that has some of what was looked for, as far as it was told. */
export interface ResponderRow {
  readonly peerId: string
  readonly name: string
  /** Different CIDs. */
  readonly hits: number
  readonly via: readonly string[]
  /** Links to it. */
  readonly hops?: number | undefined
  /** PeerId of the neighbour or zone member, or address of the index server, that told of it. */
  readonly through?: string | undefined
}

/** A query of another peer that this node has worked for. */
export interface QueryRow {
  /** UUID: of a flooded query its own, of another one made here. */
  readonly id: string
  /** When it came, ms since the Unix epoch. */
  readonly atMs: number
  readonly locator: string
  /** What was looked for, as it came. */
  readonly query: AskedFor
  /** PeerId of the neighbour from whom it came. */
  readonly from: string
  /** Its name; empty when it is not known. */
  readonly fromName: string
  /** Hops that it may make yet, and has made. */
  readonly ttl?: number | undefined
  readonly hops?: number | undefined
  /** Entries found here. */
  readonly hits: number
  /** Neighbours to whom it was passed on. */
  readonly passedOn?: number | undefined
}
