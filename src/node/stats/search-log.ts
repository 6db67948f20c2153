import type { SearchRow } from '../../api/views/stats-view.ts'
import type { Clock } from '../../base/clock.ts'
import { type Random, uuid } from '../../base/random.ts'
import type { SearchStory } from '../../discovery/compound.ts'
import { RecentLog } from './recent-log.ts'
import { askedFor, short } from './text.ts'

/** Searches kept. */
export const MAX_SEARCHES = 200
/** Faults kept of one locator in one search. */
const MAX_PROBLEMS = 10

/** Searches made here: how many, what they found and cost, and the last ones. */
export class SearchLog {
  readonly recent = new RecentLog<SearchRow>(MAX_SEARCHES)
  /** Messages by locator. */
  readonly messages = new Map<string, number>()
  searches = 0
  hits = 0
  readonly #clock: Clock
  readonly #random: Random

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  /** Takes in a search that has just ended. */
  add(story: SearchStory): SearchRow {
    const { ms, hits, reason, queryIds, query, via } = story
    this.searches++
    this.hits += hits
    for (const [name, { messages }] of Object.entries(via))
      if (name !== 'library' && name !== 'dialects')
        this.messages.set(name, (this.messages.get(name) ?? 0) + messages)
    const row: SearchRow = {
      ...{ id: queryIds[0] ?? uuid(this.#random), queryIds },
      startedMs: Math.round(this.#clock.now() - ms),
      ...{ query: askedFor(query), ms, hits, reason, via: shortReports(via) },
      responders: story.responders.map((each) => ({ ...each, name: short(each.name) })),
    }
    this.recent.add(row)
    return row
  }
}

/** What peers said in their errors is not kept at any length. */
function shortReports(via: SearchStory['via']): SearchRow['via'] {
  const reports = Object.entries(via).map(([name, { error, problems, ...report }]) => [
    name,
    {
      ...report,
      ...(error && { error: { ...error, message: short(error.message) } }),
      ...(problems && { problems: problems.slice(0, MAX_PROBLEMS).map(short) }),
    },
  ])
  return Object.fromEntries(reports)
}
