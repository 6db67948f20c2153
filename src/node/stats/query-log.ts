import type { QueryCounts, QueryRow } from '../../api/views/stats-view.ts'
import type { Clock } from '../../base/clock.ts'
import { type Random, uuid } from '../../base/random.ts'
import type { ForeignQueries, ForeignQuery } from '../../discovery/foreign-queries.ts'
import { RecentLog } from './recent-log.ts'
import { askedFor } from './text.ts'

/** Queries kept. */
export const MAX_QUERIES = 200

export interface QueryLogSetup {
  readonly foreign: ForeignQueries
  /** The setting: words of other people's searches are kept. */
  readonly isWanted: () => boolean
  readonly clock: Clock
  readonly random: Random
}

/** Queries of others: how many, and, when the owner wants it, the last ones. */
export class QueryLog {
  readonly recent = new RecentLog<Omit<QueryRow, 'fromName'>>(MAX_QUERIES)
  readonly #setup: QueryLogSetup
  readonly #release: () => void

  /** Begins to listen. */
  constructor(setup: QueryLogSetup) {
    this.#setup = setup
    this.#release = setup.foreign.queries.on((query) => this.#take(query))
  }

  stop(): void {
    this.#release()
  }

  counts(): Record<string, QueryCounts> {
    const { counts } = this.#setup.foreign
    return Object.fromEntries(Object.entries(counts).map(([name, each]) => [name, { ...each }]))
  }

  /** All that came. */
  get received(): number {
    return Object.values(this.#setup.foreign.counts).reduce((sum, { received }) => sum + received, 0)
  }

  #take({ id, query, ...facts }: ForeignQuery): void {
    const { isWanted, clock, random } = this.#setup
    if (!isWanted()) return
    // Others make these ids, and may make one twice.
    const own = id === undefined || this.recent.has(id) ? uuid(random) : id
    this.recent.add({ id: own, atMs: clock.now(), ...facts, query: askedFor(query) })
  }
}
