import { Emitter } from '../base/events.ts'
import type { QueryShape } from '../content/entry-wire.ts'

/** By which others ask this node. An index server is asked in its place, not the node. */
export const FOREIGN_LOCATORS = ['zone', 'flood', 'dht'] as const
export type ForeignLocator = (typeof FOREIGN_LOCATORS)[number]

/** A query of another peer that this node has worked for. What it looks for is as the other one typed it. */
export interface ForeignQuery {
  readonly locator: ForeignLocator
  /** UUID; only what is flooded has one. */
  readonly id?: string
  /** PeerId: of a flooded query that of the neighbour from whom it came, who need not be the one who searches. */
  readonly from: string
  readonly query: QueryShape
  /** Hops that it may make yet, and has made, as the neighbour told; only of what is flooded. */
  readonly ttl?: number
  readonly hops?: number
  /** Entries that were found here. */
  readonly hits: number
  /** Neighbours to whom it was passed on; only of what is flooded. */
  readonly passedOn?: number
}

export interface ForeignCounts {
  received: number
  /** With at least one hit. */
  answered: number
  /** Not worked for: there were too many of them, or it made no sense. */
  dropped: number
}

/** Counts what others ask of this node, and tells of it. */
export class ForeignQueries {
  readonly counts: Readonly<Record<ForeignLocator, ForeignCounts>> = {
    zone: { received: 0, answered: 0, dropped: 0 },
    flood: { received: 0, answered: 0, dropped: 0 },
    dht: { received: 0, answered: 0, dropped: 0 },
  }
  /** Each query once, however often it comes. */
  readonly queries = new Emitter<ForeignQuery>()

  received(locator: ForeignLocator): void {
    this.counts[locator].received++
  }

  dropped(locator: ForeignLocator): void {
    this.counts[locator].dropped++
  }

  /** It was looked for here. */
  worked(query: ForeignQuery): void {
    if (query.hits > 0) this.counts[query.locator].answered++
    this.queries.emit(query)
  }
}
